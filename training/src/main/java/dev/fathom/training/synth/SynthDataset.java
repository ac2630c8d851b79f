package dev.fathom.training.synth;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.NyuHdf5Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Rooms number {@code first} .. {@code first + count - 1} of a seed, as a data set: rendered whenever a sample is asked
 * for, or written to a folder once.
 *
 * <p>Every sample is a function of (seed, number, size, holes) alone. Two ranges of one seed that do not overlap have
 * no room in common: that is how training and validation are kept apart.
 *
 * @param seed   names the data set
 * @param first  number of the first room
 * @param count  how many, at least 1
 * @param width  pixels across
 * @param height pixels down
 * @param holes  what the depth sensor misses
 */
public record SynthDataset(long seed, int first, int count, int width, int height, HoleSettings holes)
        implements DepthDataset {
    /** Side lengths of pictures must lie between these. */
    public static final int SMALLEST_SIDE = 16;
    /** Largest side in pixels. */
    public static final int LARGEST_SIDE = 4096;

    public SynthDataset {
        if (count < 1) {
            throw new FathomException("Cannot make " + count + " synthetic rooms: the number must be at least 1.");
        }
        if (first < 0) {
            throw new FathomException("Cannot start at synthetic room " + first + ": they are numbered from 0.");
        }
        if (Math.min(width, height) < SMALLEST_SIDE || Math.max(width, height) > LARGEST_SIDE) {
            throw new FathomException("Cannot render synthetic rooms of " + width + " x " + height
                + " pixels: each side must be " + SMALLEST_SIDE + " to " + LARGEST_SIDE + ".");
        }
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public DepthSample sample(int index) {
        Frame frame = RayCaster.render(SceneSampler.scene(seed, first + index), width, height, holes);
        return new DepthSample(name(index), frame.picture(), frame.depth(), 0);
    }

    @Override
    public String name(int index) {
        return "room_" + String.format(Locale.ROOT, "%05d", first + index);
    }

    /**
     * Writes every sample to {@code folder} as {@code room_NNNNN.h5} in NYU's layout, several at a time. The folder is
     * made if need be; files of the same names are replaced.
     *
     * @param done called after each file with the number written so far, from whichever thread wrote it
     * @throws FathomException if the folder or a file cannot be written
     */
    public void writeTo(Path folder, IntConsumer done) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new FathomException("Cannot make the folder " + folder + " for synthetic rooms ("
                + e.getClass().getSimpleName() + ": " + e.getMessage() + "); choose one that may be written to.", e);
        }
        AtomicInteger written = new AtomicInteger();
        WorkPool.shared().run(count, i -> {
            DepthSample sample = sample(i);
            NyuHdf5Writer.write(folder.resolve(name(i) + ".h5"), width, height, sample.picture().rgb(), sample.depth());
            done.accept(written.incrementAndGet());
        });
    }
}
