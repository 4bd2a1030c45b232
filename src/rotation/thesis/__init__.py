"""The thesis that the market's hotspot moves from the shovels to the applications."""
