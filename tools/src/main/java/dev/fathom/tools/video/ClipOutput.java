package dev.fathom.tools.video;

import dev.fathom.tools.output.Provenance;
import dev.fathom.tools.predict.DepthPicture;

/** Where a clip's pictures go. */
interface ClipOutput {
    /** Takes one frame after the other. */
    @FunctionalInterface
    interface Sink {
        void frame(int index, DepthPicture picture, Provenance provenance);
    }

    /** Gives all frames, in their order. */
    @FunctionalInterface
    interface Frames {
        void giveTo(Sink sink);
    }

    /**
     * Writes a clip. If {@code frames} throws, what is whole by then stays, and nothing else.
     *
     * @throws dev.fathom.engine.errors.FathomException if it cannot be written
     */
    void write(Frames frames);

    /** How the results are called, for people. */
    String describe();
}
