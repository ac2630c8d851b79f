package dev.fathom.training.data.doctor;

import java.util.Locale;

/** What can be wrong with a data set. */
public enum Kind {
    /** A frame cannot be read. */
    UNREADABLE("frames that cannot be read"),
    /** Picture and depth differ in size, or a frame's size is unlike the others'. */
    SIZE("sizes"),
    /** A depth map without a single depth. */
    EMPTY("depth maps of zeros"),
    /** A picture or a depth map of one value. */
    CONSTANT("pictures and depth maps of one value"),
    /** Numbers that are no metres. */
    UNIT("the unit of depth"),
    /** 16-bit numbers whose bits are rotated or whose bytes are swapped. */
    BITS("bits of the depth's numbers"),
    /** Depth that begins again at 0 beyond a limit. */
    WRAP("depth that wraps around"),
    /** Larger means nearer. */
    POLARITY("what is near and what is far"),
    /** Distance along the camera's ray, which is not depth along Z. */
    DISTANCE("distance in place of depth"),
    /** Unusually many pixels without depth. */
    HOLES("holes"),
    /** One value that stands for no depth, or for all beyond a limit. */
    MARKER("values that are marks"),
    /** Depth in a few steps only. */
    LEVELS("steps of depth"),
    /** Pictures far too dark or too bright. */
    EXPOSURE("exposure"),
    /** The same frame, picture or depth more than once. */
    DUPLICATE("duplicates"),
    /** Depth that lies beside what the picture shows. */
    MISALIGNED("picture against depth"),
    /** The depth of another picture. */
    MIXED_UP("pairs"),
    /** A camera that the picture cannot have been taken with. */
    CAMERA("cameras"),
    /** Pictures of one set in another. */
    LEAK("leaks between sets");

    private final String title;

    Kind(String title) {
        this.title = title;
    }

    /** The word in JSON and on the console: {@code mixed-up}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What is looked at, in a few words. */
    public String title() {
        return title;
    }
}
