package dev.fathom.training.data.doctor;

/**
 * A coarse copy of a picture's and a depth's edges, to see whether a depth fits another picture better than its own.
 *
 * @param picture a quarter of the sides
 * @param depth at most {@value #EDGES} edges
 */
record Pairing(EdgeMaps picture, DepthEdges depth) {
    static final int EDGES = 250;

    static Pairing of(EdgeMaps picture, DepthEdges depth) {
        return new Pairing(picture.quarter(), depth.quarter(EDGES));
    }

    boolean comparable(Pairing other) {
        return picture.width() == other.picture.width() && picture.height() == other.picture.height();
    }

    /** How well this depth lies on that picture: mean rank, 0..255. */
    double score(Pairing other) {
        return other.picture.score(depth);
    }
}
