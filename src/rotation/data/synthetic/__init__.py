"""Worlds whose truth is known: closes drawn from a recipe, and who led when.

What finds rotation in real closes can be tried here first: how often it finds what is not there, in
a null world, and how often it misses what is.
"""

from rotation.data.synthetic.parts import Break, Clusters, Echo, Leadership, Listing
from rotation.data.synthetic.recipe import Recipe, null_of
from rotation.data.synthetic.world import World, Worlds, draw_world, draw_worlds

__all__ = [
    "Break",
    "Clusters",
    "Echo",
    "Leadership",
    "Listing",
    "Recipe",
    "World",
    "Worlds",
    "draw_world",
    "draw_worlds",
    "null_of",
]
