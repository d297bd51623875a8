"""A mutating fuzzer over whole worlds: frames of real journeys, changed by seeded luck, go into hosts that are busy.

``corpus`` records the frames, ``crafting`` makes octets with right checksums, ``mutating`` changes them and aims them
at living connections, ``arena`` is the world with the victims and the healthy transfer beside, ``limits`` says how
large tables may become, ``running`` lets it all happen and reports. ``tools/fuzz.py`` is the command.
"""
