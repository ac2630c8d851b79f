package dev.fathom.tools.video;

import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.Preprocess;
import dev.fathom.tools.align.AffineFit.Freedom;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import dev.fathom.tools.predict.DepthPicture;
import dev.fathom.training.data.OrderedPrefetch;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * One clip: the network's maps to disk, then the clip looked at as a whole, then its pictures written. Each of the
 * three can be stopped after any frame.
 */
final class VideoRun {
    /** Thrown through a writer, which then leaves nothing half-written. */
    private static final class Stopped extends RuntimeException {
        Stopped() {
            super("stopped", null, false, false);
        }
    }

    /**
     * The numbers themselves as files.
     *
     * @param folder they go to
     */
    record Numbers(Path folder, boolean npy, boolean png16) {
    }

    /** Frames decoded and prepared ahead of the network. */
    private static final int AHEAD = 2;
    /** A Ctrl-C in a terminal reaches ffmpeg too, and its end may be seen before the request to stop. */
    private static final int SIGNAL_MILLIS = 500;

    private record Prepared(float[] input, float[] changes, long key) {
    }

    private final ClipFrames frames;
    private final DepthEstimator estimator;
    private final DepthHead head;
    private final MapSpool spool;
    private final int width;
    private final int height;
    private final BooleanSupplier stop;

    /**
     * @param width of the frames, pixels; {@code height} too
     * @param stop  whether to end after this frame
     */
    VideoRun(ClipFrames frames, DepthEstimator estimator, DepthHead head, MapSpool spool, int width, int height,
            BooleanSupplier stop) {
        this.frames = frames;
        this.estimator = estimator;
        this.head = head;
        this.spool = spool;
        this.width = width;
        this.height = height;
        this.stop = stop;
    }

    /** What is fitted when smoothing. */
    static Freedom freedom(DepthHead head) {
        return head instanceof DepthHead.Metric ? Freedom.SCALE : Freedom.AFFINE;
    }

    /** Values of relative models are never below 0; a correction must not change that. */
    private boolean neverNegative() {
        return head instanceof DepthHead.Relative;
    }

    /** Drops maps of frames that have been replaced since; how many are left. */
    int resume() {
        int known = frames.isFilm() ? spool.size() : Math.min(spool.size(), frames.about());
        int same = 0;
        while (same < known && spool.key(same) == frames.key(same)) {
            same++;
        }
        spool.cut(same);
        return same;
    }

    /**
     * The network over all frames whose maps are not on disk yet.
     *
     * @return false if it was stopped before the end
     */
    boolean estimate(IntConsumer done) {
        NetworkSize size = spool.mapSize();
        int from = spool.size();
        if (!frames.isFilm() && from == frames.about()) {
            return true;
        }
        try (ClipFrames.Reader reader = frames.open(Math.max(0, from - 1));
                OrderedPrefetch<Prepared> ahead = new OrderedPrefetch<>("fathom-read", from, Integer.MAX_VALUE, 1,
                        AHEAD, preparing(reader, from > 0 ? reader.next() : null)::next)) {
            for (Prepared next = ahead.next(); next != null; next = ahead.next()) {
                float[] map = estimator.estimate(next.input, size, size.width(), size.height()).values();
                spool.add(next.key, next.changes, map);
                done.accept(spool.size());
                if (stop.getAsBoolean()) {
                    return false;
                }
            }
            return true;
        } catch (FathomException e) {
            if (frames.isFilm() && stopsSoon()) {
                return false;
            }
            throw e;
        }
    }

    /** Reads one frame after the other, on one thread. */
    private interface Preparing {
        Prepared next(int index);
    }

    private Preparing preparing(ClipFrames.Reader reader, Picture first) {
        Picture[] before = {first};
        return index -> {
            Picture picture = reader.next();
            if (picture == null) {
                return null;
            }
            requireSize(picture, index);
            float[] changes = Stillness.changes(before[0], picture, spool.mapSize());
            before[0] = picture;
            return new Prepared(Preprocess.normalised(picture, spool.mapSize()), changes, frames.key(index));
        };
    }

    private void requireSize(Picture picture, int index) {
        if (picture.width() != width || picture.height() != height) {
            throw new FathomException("The frame " + frames.describe(index) + " is " + picture.width() + " x "
                    + picture.height() + " pixels, but the clip's first is " + width + " x " + height
                    + "; the frames of a clip have one size: remove or resize it.");
        }
    }

    /** Whether ffmpeg ended because of a Ctrl-C that this program hears of as well. */
    private boolean stopsSoon() {
        long until = System.nanoTime() + SIGNAL_MILLIS * 1_000_000L;
        while (!stop.getAsBoolean() && System.nanoTime() < until) {
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return stop.getAsBoolean();
    }

    /** Looks at the clip as a whole; null if it was stopped before the end. */
    ClipAnalysis analyse(double strength, IntConsumer done) {
        return ClipAnalysis.of(spool, strength, freedom(head), neverNegative(), i -> {
            done.accept(i + 1);
            return !stop.getAsBoolean();
        });
    }

    /** The values that the palette's ends stand for. */
    Range range(ClipAnalysis clip, ValueRange wanted) {
        return wanted.of(clip, spool, neverNegative());
    }

    /**
     * Writes the pictures, and the numbers where they are wanted.
     *
     * @param predictionOnly without the frame beside its depth
     * @param palette        null for gray
     * @param numbers        null for none
     * @return false if it was stopped before the end
     */
    boolean write(ClipOutput output, ClipAnalysis clip, Range range, boolean predictionOnly, Palette palette,
            Numbers numbers, IntFunction<Provenance> provenance, IntConsumer done) {
        try (ClipFrames.Reader reader = predictionOnly ? null : frames.open(0)) {
            output.write(sink -> {
                float[] changes = new float[(int) spool.mapSize().patches()];
                float[] values = new float[spool.mapSize().width() * spool.mapSize().height()];
                for (int i = 0; i < spool.size(); i++) {
                    if (stop.getAsBoolean()) {
                        throw new Stopped();
                    }
                    Picture photo = reader == null ? null : reader.next();
                    if (reader != null && photo == null) {
                        throw new FathomException("The clip " + frames.name() + " has " + i + " frames now, but had "
                                + spool.size() + " when the network saw it; make the maps again with --restart.");
                    }
                    if (photo != null) {
                        requireSize(photo, i);
                    }
                    spool.read(i, changes, values);
                    clip.steps().get(i).apply(values, neverNegative(), values);
                    DepthMap map = enlarged(values);
                    Provenance about = provenance.apply(i);
                    if (numbers != null) {
                        write(numbers, i, map, clip.range(), about);
                    }
                    sink.frame(i, new DepthPicture(map, photo, palette, range), about);
                    done.accept(i + 1);
                }
            });
            return true;
        } catch (Stopped e) {
            return false;
        } catch (FathomException e) {
            if ((frames.isFilm() || output instanceof FilmOutput) && stopsSoon()) {
                return false;
            }
            throw e;
        }
    }

    private void write(Numbers numbers, int index, DepthMap map, Range ends, Provenance about) {
        String stem = frames.stem(index);
        if (numbers.npy) {
            NpyFile.write(numbers.folder.resolve(stem + (head instanceof DepthHead.Metric ? "_raw_depth_meter.npy"
                    : "_disp.npy")), map, about);
        }
        if (numbers.png16) {
            PngFile.write16(numbers.folder.resolve(stem + "_16bit.png"), map, ends, about);
        }
    }

    /** From the network's size to the frames', as the estimator does it. */
    private DepthMap enlarged(float[] values) {
        NetworkSize size = spool.mapSize();
        try (MemoryScope scope = MemoryScope.open("frame"); GradMode.Scope off = GradMode.noGrad()) {
            return new DepthMap(width, height, ResizeBilinear.of(Tensors.of(values, 1, size.height(), size.width(), 1),
                    height, width, true).toFloats(), head);
        }
    }
}
