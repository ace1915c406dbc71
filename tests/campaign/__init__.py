"""The robustness campaign: bad inputs, damaged files, kills, strangers' files, full disks.

`python -m tests.campaign [PART...] [--minutes N] [--seed S] [--number N]` runs it and ends with a table.
Linux only. Every case runs in a forked process with limits of time and memory; data is made on the spot.
"""
