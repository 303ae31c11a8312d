"""Phones and words of recordings, by forced alignment with pocketsphinx and its English model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

FRAME_SAMPLES = 160
EXTRA_WORDS = Path(__file__).with_name("extra-words.dict")  # words of test-other that its dictionary lacks
SILENCE = {"SIL", "+NSN+", "+SPN+"}


@dataclass
class Span:
    """A word or a phone, in samples of the recording at 16 kHz."""

    name: str
    start: int
    end: int


@dataclass
class Alignment:
    """`phones` cover the recording without gaps, with SIL between words; each word has its own `phones`."""

    phones: list[Span]
    words: list[tuple[Span, list[Span]]]

    def at(self, samples: np.ndarray) -> list[str]:
        """The phone at each of these samples; SIL outside the recording."""
        ends = np.array([p.end for p in self.phones])
        places = np.minimum(np.searchsorted(ends, samples, side="right"), len(ends) - 1)
        return [self.phones[i].name for i in places]


class Aligner:
    def __init__(self):
        self.decoder = Decoder(samprate=16000, lm=None, loglevel="FATAL")
        self.recogniser: Decoder | None = None
        for line in EXTRA_WORDS.read_text().splitlines():
            word, phones = line.split(" ", 1)
            self.decoder.add_word(word, phones, True)

    def align(self, x: np.ndarray, text: str) -> Alignment | None:
        """Samples in [-1, 1] and what is said in them -> phones and words, or None where the text does not fit."""
        missing = [word for word in text.split() if self.decoder.lookup_word(word) is None]
        if missing:
            raise ValueError(f"no pronunciation of {', '.join(missing)}: add it to {EXTRA_WORDS.name}")
        data = pcm(x)
        self.decoder.set_align_text(text)
        try:
            decode(self.decoder, data)
            self.decoder.set_alignment()
            decode(self.decoder, data)
            found = self.decoder.get_alignment()
        except RuntimeError:
            return None
        if found is None:
            return None
        words, phones = [], []
        for word in found:
            inside = [Span(clean(p.name), p.start * FRAME_SAMPLES, (p.start + p.duration) * FRAME_SAMPLES) for p in word]
            phones += inside
            name = word.name.split("(")[0]
            if not name.startswith(("<", "[", "+")):
                words.append((Span(name, inside[0].start, inside[-1].end), inside))
        return Alignment(phones, words)

    def recognise(self, x: np.ndarray) -> str:
        """What pocketsphinx hears: for recordings without transcripts."""
        if self.recogniser is None:
            self.recogniser = Decoder(samprate=16000, loglevel="FATAL", beam=1e-60, wbeam=1e-40, pbeam=1e-60, maxhmmpf=3000, maxwpf=15)
        decode(self.recogniser, pcm(x))
        names = [s.word.split("(")[0] for s in self.recogniser.seg()]
        return " ".join(n for n in names if not n.startswith(("<", "[", "+")))


def clean(name: str) -> str:
    return "SIL" if name in SILENCE else name


def pcm(x: np.ndarray) -> bytes:
    return np.clip(np.round(x * 32768), -32768, 32767).astype("<i2").tobytes()


def decode(decoder: Decoder, data: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
