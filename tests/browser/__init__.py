"""What a real browser makes of the pages; a package, so that its browser ends with it."""
