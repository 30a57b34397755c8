"""A synthetic voice for tests of speech, by eSpeak NG (optional: espeakng-loader carries it)."""

import ctypes

import espeakng_loader
import numpy as np

RATE = 16_000
_SYNCHRONOUS, _UTF8 = 2, 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(text: str) -> np.ndarray:
    """English, 16 kHz mono, -1 to 1."""
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    pieces: list[np.ndarray] = []

    def take(wave, n, events) -> int:
        if n > 0:
            pieces.append(np.ctypeslib.as_array(wave, (n,)).copy())
        return 0

    kept = _CALLBACK(take)  # the library holds no reference of its own
    library.espeak_SetSynthCallback(kept)
    library.espeak_SetVoiceByName(b"en")
    library.espeak_SetParameter(1, 140, 0)  # words a minute
    spoken = text.encode()
    library.espeak_Synth(spoken, len(spoken) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    wave = np.concatenate(pieces).astype(np.float32) / 32768
    places = np.arange(int(len(wave) * RATE / rate)) * rate / RATE
    return np.interp(places, np.arange(len(wave)), wave).astype(np.float32)
