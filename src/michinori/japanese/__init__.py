"""What the floors say of wrong input and of what fails, in Japanese.

They say it in English, in sentences of their own, and know nothing of who reads them. Whoever shows such a sentence
looks it up here: the command line, the report and the lab.
"""

from michinori.japanese.telling import SENTENCES, in_japanese

__all__ = ["SENTENCES", "in_japanese"]
