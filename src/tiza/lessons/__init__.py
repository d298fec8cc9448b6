"""The courses' worked examples as data: what their slides print, what is exact, and what needs care."""
