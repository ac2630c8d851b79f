package dev.fathom.tools.points;

import dev.fathom.models.image.Picture;
import java.nio.file.Path;
import java.util.List;

/** The pictures of a run, with cameras, and with depth where it need not be estimated. */
interface FrameSource {
    /**
     * A picture that was read.
     *
     * @param name what to call it in messages
     * @param depth [H,W], of the picture's size; null where a network is to say it
     * @param unit of that depth: {@code metres}; empty if it has none
     * @param facts lines for the file's comments: where picture and depth are from
     */
    record Frame(String name, Picture picture, float[] depth, String unit, CameraChoice camera,
            List<String> facts) {
    }

    /** How many there are. */
    int size();

    /** The results' path below the output folder, without extension. */
    Path stem(int index);

    /** Pixels of a picture, about; 0 if that is not known before it is read. */
    long pixels(int index);

    /** Reads one; called by several threads at once. */
    Frame read(int index);

    /** The same source of a single frame, which is read now. */
    static FrameSource read(FrameSource single) {
        Frame frame = single.read(0);
        return new FrameSource() {
            @Override
            public int size() {
                return 1;
            }

            @Override
            public Path stem(int index) {
                return single.stem(index);
            }

            @Override
            public long pixels(int index) {
                return frame.picture().pixels();
            }

            @Override
            public Frame read(int index) {
                return frame;
            }
        };
    }
}
