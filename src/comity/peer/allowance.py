"""The allowance: how many questions of others a node has in hand at once, in all and of one member."""

from collections import Counter

from comity.limits import ANSWERS_MAX, ANSWERS_MEMBER_MAX, ANSWERS_OWN_MAX


class Allowance:
    """Counts questions from their arrival until their answer has left; the line's loop alone uses it.

    A member's own few places are there for it however many others have taken: what one member asks makes nobody else
    wait for a place. Only what is taken counts; a question that is turned away uses nothing up.
    """

    def __init__(self) -> None:
        self._in_hand: Counter[str] = Counter()
        self._total = 0

    def take(self, asker: str) -> bool:
        """Whether there is a place for one more of this member; then it is taken."""
        own = self._in_hand[asker]
        if own >= ANSWERS_MEMBER_MAX or (self._total >= ANSWERS_MAX and own >= ANSWERS_OWN_MAX):
            return False
        self._in_hand[asker] = own + 1
        self._total += 1
        return True

    def give_back(self, asker: str) -> None:
        """One of this member's questions is answered."""
        self._in_hand[asker] -= 1
        self._total -= 1
        if not self._in_hand[asker]:
            del self._in_hand[asker]
