"""Nonsense a person might type, written by hand; calibration is fitted on other nonsense, made by a generator."""

NONSENSE = {
    "keyboard mash": [
        "asdfghjkl", "qwerqwer asdf", "jkl;jkl;fds", "sdfsdflksdfj", "zxcvzxcv bnmbnm", "poiu lkjh mnbv", "fghfghfgh",
        "ewrtyuiewr tyui", "aaaaaaaaaaaa", "kjhgfd kjhgfd kjhgfd", "hjkhjk uiouio", "wasd wasd wasd qe",
    ],
    "invented words": [
        "flumbrous gorpet", "a snazzlewick vorping the bradoon", "zibbering quaffleron", "the mimsy borogoves outgrabe",
        "glorpity blorp snoo", "trindlewax", "a frobnic munging two wibblers", "yexling craduvian hoosks",
        "plimsy drongulated fesk", "vorpal snarkwhistle tumtum", "two dweezles on a krantle", 
        "skibblety nurfed obliquog",
    ],
    "digits": [
        "48291", "0000000", "3.14159265358979", "7731 9920 1145", "1234567890", "192.168.0.1", "99 88 77 66 55",
        "2 4 8 16 32 64 128", "8675309", "0x7f3a 0x11", "555-0199", "1e10 1e-7",
    ],
    "foreign-script noise": [
        "щшгнекуц йфяч", "ђжћ љњџ", "ωψχ φυτ ρπο", "זסבהנמ צתץ", "ضصثقفغع شسيب", "कखगघ चछजझ", "ぬふあうえおやゆ",
        "釦鑵顧驫 龘靐",
        "뷁쀍 훼쒰", "ฟหกด เ้่า", "ႠႡႢ ႣႤႥ", "ⴰⴱⴳ ⴷⴹⴻ",
    ],
}  # fmt: skip
