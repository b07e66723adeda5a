"""From text to the numbers that a network reads, and back."""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN: Final = "[UNK]"
START: Final = "[CLS]"
END: Final = "[SEP]"
MASK: Final = "[MASK]"
_LONGEST_WORD: Final = 100
_CJK: Final = range(0x4E00, 0xA000)
_PIECE: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+|{digits}| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+"


class WordPiece:
    """BERT's tokenizer: words in small letters without accents, cut into known pieces.

    Source: Devlin et al. 2019 (https://arxiv.org/abs/1810.04805).
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Take the pieces in the order of their ids; ``##`` begins one that goes on a word."""
        self.pieces = list(vocabulary)
        self._ids = {piece: number for number, piece in enumerate(self.pieces)}

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text between [CLS] and [SEP]."""
        inner = [number for word in _words(text) for number in self._word(word)]
        return [self._ids[START], *inner, self._ids[END]]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of some ids, special tokens included; accents and capitals are gone."""
        return " ".join(self.pieces[number] for number in ids).replace(" ##", "")

    def id_of(self, piece: str) -> int:
        """Return the id of one piece.

        Raises:
            KeyError: there is no such piece.
        """
        return self._ids[piece]

    def _word(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._ids[UNKNOWN]]
        found: list[int] = []
        start = 0
        while start < len(word):
            before = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((at for at in ends if before + word[start:at] in self._ids), start)
            if end == start:
                return [self._ids[UNKNOWN]]
            found.append(self._ids[before + word[start:end]])
            start = end
        return found


def _words(text: str) -> list[str]:
    plain = (c for c in unicodedata.normalize("NFD", text.lower()) if _kept(c))
    spaced = (f" {c} " if _alone(c) else c for c in plain)
    return "".join(spaced).split()


def _kept(character: str) -> bool:
    category = unicodedata.category(character)
    return character.isspace() or (category not in {"Mn", "Cc", "Cf"} and character != "\ufffd")


def _alone(character: str) -> bool:
    """Tell whether a character is a word of its own: punctuation, ASCII symbols, Chinese."""
    symbol = character.isascii() and character.isprintable() and not character.isalnum()
    punctuation = unicodedata.category(character).startswith("P")
    return punctuation or (symbol and character != " ") or ord(character) in _CJK


class BytePairs:
    """GPT-2's tokenizer: bytes, merged pair by pair in a fixed order; any text can be written.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
    """

    def __init__(
        self,
        tokens: Sequence[str],
        merges: Sequence[str],
        *,
        special: Sequence[str] = (),
        single_digits: bool = False,
    ) -> None:
        """Take the tokens in the order of their ids and the merges in the order of their rank.

        Args:
            tokens: with bytes written as GPT-2 does ("Ġ" is a space).
            merges: two tokens with a space between.
            special: tokens that stand for themselves in a text, such as "<|endoftext|>".
            single_digits: each digit is a piece of its own.
        """
        self.pieces = list(tokens)
        self._ids = {token: number for number, token in enumerate(self.pieces)}
        self._ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}
        self._special = [token for token in special if token in self._ids]
        digits = r" ?[0-9]" if single_digits else r" ?\d+"
        self._piece = re.compile(_PIECE.replace("{digits}", digits))
        self._letters = _letters_of_bytes()
        self._bytes = {letter: byte for byte, letter in self._letters.items()}
        self._word = lru_cache(maxsize=4096)(self._merge)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; nothing is added at its ends.

        Raises:
            ValueError: the model has never seen one of the text's characters.
        """
        found: list[int] = []
        for part in self._parts(text):
            if part in self._special:
                found.append(self._ids[part])
            else:
                found += [n for word in self._piece.findall(part) for n in self._word(word)]
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of some ids."""
        return b"".join(self._written(self.pieces[number]) for number in ids).decode(
            "utf-8", "replace"
        )

    def id_of(self, piece: str) -> int:
        """Return the id of a text that is one token, such as " Paris" with its space.

        Raises:
            KeyError: it is none or more than one.
        """
        ids = self.encode(piece)
        if len(ids) != 1:
            raise KeyError(f"{piece!r} is {len(ids)} tokens, not one.")
        return ids[0]

    def _parts(self, text: str) -> list[str]:
        if not self._special:
            return [text]
        return re.split(f"({'|'.join(map(re.escape, self._special))})", text)

    def _written(self, token: str) -> bytes:
        if token in self._special:
            return token.encode()
        return bytes(self._bytes[letter] for letter in token)

    def _merge(self, word: str) -> tuple[int, ...]:
        parts = [self._letters[byte] for byte in word.encode()]
        while len(parts) > 1:
            pairs = list(itertools.pairwise(parts))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            at = pairs.index(best)
            parts[at : at + 2] = ["".join(best)]
        unknown = [part for part in parts if part not in self._ids]
        if unknown:
            raise ValueError(f"the model has no token for a character in {word!r}")
        return tuple(self._ids[part] for part in parts)


def _letters_of_bytes() -> dict[int, str]:
    """Return GPT-2's letter for each byte: itself where it can be seen, else one from 256 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in seen}
    unseen = [byte for byte in range(256) if byte not in letters]
    return letters | {byte: chr(256 + at) for at, byte in enumerate(unseen)}
