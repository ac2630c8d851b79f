package dev.fathom.training.data;

import dev.fathom.nn.checkpoint.ContentHash;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A set of pictures with a true depth for (most of) their pixels.
 *
 * <p>Implementations are read by several loader threads at once, so {@link #sample} must be safe to call concurrently,
 * and must return the same content for the same index every time.
 */
public interface DepthDataset {

    /** How many frames may be damaged before the first that is whole, where damaged frames are left out. */
    int LOOKS = 16;

    /** How many samples there are. */
    int size();

    /**
     * Reads one sample. Its arrays are fresh: the caller may change them.
     *
     * @param index 0 .. size()-1
     * @throws FrameException if the frame cannot be used; the message names it, and a run may go on without it
     * @throws dev.fathom.engine.errors.FathomException if it cannot be read for any other reason
     */
    DepthSample sample(int index);

    /** What to call sample {@code index} in a message, without reading it: usually its file. */
    String name(int index);

    /**
     * Pixels of a frame, as cheaply as the set can tell: here by reading it. It fails where the frame cannot be used.
     *
     * @throws FrameException as {@link #sample} does
     */
    default long pixels(int index) {
        return sample(index).picture().pixels();
    }

    /**
     * Looks at the first frames until one can be used, so that a wrong folder is told before any work begins.
     *
     * @param looks how many frames to try
     * @return the pixels of that frame; others may be of another size
     * @throws FrameException the first frame's, if none of them can be used
     */
    default long pixelsOfFirstUsable(int looks) {
        FrameException failure = null;
        for (int i = 0; i < Math.min(looks, size()); i++) {
            try {
                return pixels(i);
            } catch (FrameException e) {
                failure = failure == null ? e : failure;
            }
        }
        throw failure;
    }

    /** How an epoch is shared where this is several data sets; empty if it is one, whose every frame is used once. */
    default Optional<Mixture> mixture() {
        return Optional.empty();
    }

    /** What somebody declared about the files, for people: what their numbers mean; empty where the format says it. */
    default Optional<String> declared() {
        return Optional.empty();
    }

    /**
     * A short name for the content: two sets that differ in the number, the order or the names of their samples, or in
     * what is cheap to know about each, have different ones. 64 hexadecimal digits. Samples are not read.
     */
    default String fingerprint() {
        return ContentHash.of(IntStream.range(0, size()).mapToObj(this::name).toList()).hex();
    }
}
