package dev.fathom.tools.points;

import java.io.IOException;

/** Points that can be gone through as often as needed, always in the same order. */
public interface PointSource {
    /** Is shown each point in turn. */
    @FunctionalInterface
    interface Sink {
        /** @param point valid during the call only */
        void accept(Point point) throws IOException;
    }

    /** How many there are. */
    int count();

    /** Shows all. */
    void forEach(Sink sink) throws IOException;
}
