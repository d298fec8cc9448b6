"""Why did it not learn? What a network does on its data, the likely causes, and the change to try."""
