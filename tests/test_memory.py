"""What was made is kept while there is room."""

import pickle

from rotation.memory import Memory


def test_the_oldest_is_forgotten_first_and_use_makes_new():
    memory, made = Memory(3), []

    def get(key):
        return memory.get(key, lambda: made.append(key) or key, size=1)

    assert [get(key) for key in "abcaabd"] == list("abcaabd")
    assert made == list("abcd")
    assert [get(key) for key in "abdc"] == list("abdc")  # c was the oldest, a and b had been used
    assert made == list("abcdc")


def test_what_has_no_size_stays():
    memory = Memory(1)
    memory.get("small", lambda: 1)
    assert [memory.get("small", lambda: 2), memory.get("large", lambda: 3, size=1)] == [1, 3]
    assert memory.get("small", lambda: 4) == 1


def test_it_travels_empty_and_with_its_room():
    memory = Memory(5)
    memory.get("a", lambda: 1, size=5)
    other = pickle.loads(pickle.dumps(memory))
    assert other.get("a", lambda: 2, size=5) == 2
    assert other.get("b", lambda: 3, size=1) == 3
    assert other.get("a", lambda: 4, size=5) == 4
