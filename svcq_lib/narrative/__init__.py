"""What results say in words: facts first, then sentences that never claim more than an interval allows."""
