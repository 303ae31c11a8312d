"""Phones and words of recordings, by forced alignment with pocketsphinx and its English model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

FRAME_SAMPLES = 160
EXTRA_WORDS = Path(__file__).with_name("extra-words.dict")  # words of the transcripts that its dictionary lacks
UNKNOWN = "?"
SILENCE = {"SIL", "+NSN+", "+SPN+"}


@dataclass
class Span:
    """A word or a phone, in samples of the recording at 16 kHz."""

    name: str
    start: int
    end: int


@dataclass
class Alignment:
    """`phones` cover the recording, with SIL between words; each word comes with its phones."""

    phones: list[Span]
    words: list[tuple[Span, list[Span]]]

    def at(self, samples: np.ndarray) -> list[str]:
        """The phone at each of these samples; the last one after the end."""
        ends = np.array([p.end for p in self.phones])
        places = np.minimum(np.searchsorted(ends, samples, side="right"), len(ends) - 1)
        return [self.phones[i].name for i in places]


class Aligner:
    def __init__(self):
        self.decoder = Decoder(samprate=16000, lm=None, loglevel="FATAL")
        self.recognisers: dict[Path | None, Decoder] = {}
        for line in EXTRA_WORDS.read_text().splitlines():
            word, phones = line.split(" ", 1)
            self.decoder.add_word(word, phones, True)

    def align(self, x: np.ndarray, text: str) -> Alignment:
        """Samples in [-1, 1] and what is said in them -> phones and words; UNKNOWN where the search failed."""
        missing = [word for word in text.split() if self.decoder.lookup_word(word) is None]
        if missing:
            raise ValueError(f"no pronunciation of {', '.join(missing)}: add it to {EXTRA_WORDS.name}")
        whole = self.search(x, text, 0)
        if whole is not None:
            return whole
        words, phones = [], []
        pieces = self.pieces(x, text)
        if not pieces:
            return Alignment([Span(UNKNOWN, 0, len(x))], [])
        for start, piece, part in pieces:
            found = self.search(piece, part, start)
            phones += [Span(UNKNOWN, start, start + len(piece))] if found is None else found.phones
            words += [] if found is None else found.words
        return Alignment(phones, words)

    def search(self, x: np.ndarray, text: str, start: int) -> Alignment | None:
        """Words first, then phones; None where the second search loses its way. `start` is added to all samples."""
        words, phones = [], []
        try:
            self.decoder.set_align_text(text)
            decode(self.decoder, pcm(x))
            self.decoder.set_alignment()
            decode(self.decoder, pcm(x))
        except RuntimeError:
            return None
        for word in self.decoder.get_alignment():
            inside = [Span(clean(p.name), start + p.start * FRAME_SAMPLES, start + (p.start + p.duration) * FRAME_SAMPLES)
                      for p in word]
            phones += inside
            if is_spoken(word.name):
                words.append((Span(bare(word.name), inside[0].start, inside[-1].end), inside))
        return Alignment(phones, words)

    def pieces(self, x: np.ndarray, text: str) -> list[tuple[int, np.ndarray, str]]:
        """The recording cut in the middle of pauses between words: where each piece starts, its samples and its words.

        The search for phones loses its way in a quarter of the recordings; that for words does not.
        """
        self.decoder.set_align_text(text)
        decode(self.decoder, pcm(x))
        segments = [(s.word, s.start_frame * FRAME_SAMPLES, (s.end_frame + 1) * FRAME_SAMPLES)
                    for s in self.decoder.seg() or ()]  # none where the words are not what is said
        found, start, words = [], 0, []
        for number, (word, first, end) in enumerate(segments):
            if is_spoken(word):
                words.append(bare(word))
            pause = word == "<sil>" and end - first >= 20 * FRAME_SAMPLES and 0 < number < len(segments) - 1
            if pause and first - start >= 2 * 16000 and words:
                middle = (first + end) // 2 // FRAME_SAMPLES * FRAME_SAMPLES
                found.append((start, x[start:middle], " ".join(words)))
                start, words = middle, []
        if words:
            found.append((start, x[start:], " ".join(words)))
        return found

    def recognise(self, x: np.ndarray, grammar: Path | None = None) -> str:
        """What pocketsphinx hears, of all English or of what a grammar (JSGF) allows; nothing where no words fit."""
        if grammar not in self.recognisers:
            options = {"maxhmmpf": 3000, "maxwpf": 15} if grammar is None else {"jsgf": str(grammar)}
            self.recognisers[grammar] = Decoder(samprate=16000, loglevel="FATAL", **options)
        recogniser = self.recognisers[grammar]
        decode(recogniser, pcm(x))
        return " ".join(bare(s.word) for s in recogniser.seg() or () if is_spoken(s.word))


def bare(word: str) -> str:
    """The word without the number of its pronunciation: `said(2)`."""
    return word.split("(")[0]


def is_spoken(word: str) -> bool:
    return not word.startswith(("<", "[", "+", "("))  # the last one: a step of a grammar without a word


def clean(name: str) -> str:
    return "SIL" if name in SILENCE else name


def pcm(x: np.ndarray) -> bytes:
    return np.clip(np.round(x * 32768), -32768, 32767).astype("<i2").tobytes()


def decode(decoder: Decoder, data: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
