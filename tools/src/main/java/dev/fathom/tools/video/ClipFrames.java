package dev.fathom.tools.video;

import dev.fathom.models.image.Picture;

/** Where a clip's frames come from. They can be read from any frame on, as often as one likes. */
public interface ClipFrames {
    /** The frames one after the other. */
    interface Reader extends AutoCloseable {
        /**
         * The next frame; null after the last.
         *
         * @throws dev.fathom.engine.errors.FathomException if there is one that cannot be read
         */
        Picture next();

        @Override
        void close();
    }

    /** What the clip is called: the film's name without its extension, or the folder's name. */
    String name();

    /** Whether it is one file whose frames are known when they are read; else each frame is a picture of its own. */
    default boolean isFilm() {
        return rate() != null;
    }

    /** How many frames there are; of a film only about, by what its head says, and 0 if it says nothing. */
    int about();

    /** Frames a second as a fraction, {@code 30000/1001}; null of pictures, which do not say. */
    String rate();

    /** What the results of a frame are called, without extension: its file's name or its number. */
    String stem(int index);

    /** The frame's name for people. */
    String describe(int index);

    /** A number that changes when the frame is replaced: of its file's name, size and time. */
    long key(int index);

    /** Reads from a frame on. */
    Reader open(int from);
}
