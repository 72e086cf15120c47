"""Groups of words and phrases that mean the same to who searches; a list the users of the engine keep."""

from collections.abc import Iterable, Sequence

from backend.kit.search.dutch import STOP_WORDS, stems, typed_words

Phrase = tuple[str, ...]
"""The words of one phrase, normalised, without stop words."""


class Synonyms:
    """Looks up what else a phrase may be called. Words are compared by their stems."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._groups: list[list[Phrase]] = []
        self._by_stems: dict[Phrase, set[int]] = {}
        self._by_start: dict[Phrase, set[tuple[str, Phrase]]] = {}
        self.longest = 1
        for group in groups:
            phrases = list(dict.fromkeys(phrase for text in group if (phrase := essential(typed_words(text)))))
            number = len(self._groups)
            self._groups.append(phrases)
            for phrase in phrases:
                key = tuple(stems(list(phrase)))
                self._by_stems.setdefault(key, set()).add(number)
                self._by_start.setdefault(key[:-1], set()).add((phrase[-1], key))
                self.longest = max(self.longest, len(phrase))

    @property
    def words(self) -> frozenset[str]:
        """Every single word that is a phrase by itself: as good as known to the lexicon."""
        return frozenset(phrase[0] for group in self._groups for phrase in group if len(phrase) == 1)

    def others(self, key: Phrase) -> list[Phrase]:
        """The other phrases of every group that this phrase (given as stems) belongs to."""
        found: dict[Phrase, None] = {}
        for number in sorted(self._by_stems.get(key, ())):
            for phrase in self._groups[number]:
                found[phrase] = None
        return [phrase for phrase in found if tuple(stems(list(phrase))) != key]

    def starting(self, key: Phrase, prefix: str) -> list[Phrase]:
        """Stems of the phrases of more than one word that begin with `key` and go on with a word in `prefix`."""
        return [whole for word, whole in sorted(self._by_start.get(key, ())) if key and word.startswith(prefix)]


def essential(tokens: Sequence[str]) -> Phrase:
    """The words that carry the meaning; all of them when there are only stop words."""
    return tuple(token for token in tokens if token not in STOP_WORDS) or tuple(tokens)
