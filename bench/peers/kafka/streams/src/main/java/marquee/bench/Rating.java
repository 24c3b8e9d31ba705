package marquee.bench;

/** What the service tells of a movie; classes count from 0, and a target of -1 is unknown. */
record Rating(int row, String id, String title, int target, int predicted) {}
