"""What the experiments say, in Japanese and in English. What stands in braces was measured or recorded."""
