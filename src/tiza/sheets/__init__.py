"""Sheets: a student's work, read, judged line by line, and the likely cause of what is wrong."""
