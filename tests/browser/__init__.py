"""A package, so that its fixtures can last for all of its tests and no longer."""
