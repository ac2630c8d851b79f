package dev.fathom.tests.doctor;

import dev.fathom.models.image.Picture;
import dev.fathom.training.data.Augmenter;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/** A data set with a fault in some frames. */
record Planted(DepthDataset data, IntPredicate where, Fault fault) implements DepthDataset {
    /** What becomes of a frame; {@code data} gives other frames where the fault needs them. */
    interface Fault {
        DepthSample apply(DepthSample sample, int index, DepthDataset data);

        /** And then picture and depth mirrored left to right. */
        default Fault mirrored() {
            return (sample, index, data) -> {
                DepthSample done = apply(sample, index, data);
                Picture picture = done.picture().copy();
                Augmenter.flip(picture.rgb(), picture.width(), picture.height(), 3);
                return Planted.mirrored().apply(with(done, picture, done.depth()), index, data);
            };
        }
    }

    /** Another number for a depth. */
    interface Number {
        double of(double depth);
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public String name(int index) {
        return data.name(index);
    }

    @Override
    public DepthSample sample(int index) {
        DepthSample sample = data.sample(index);
        return where.test(index) ? fault.apply(sample, index, data) : sample;
    }

    /** Changes every depth that is known. */
    static Fault depths(Number number) {
        return (sample, index, data) -> {
            float[] depth = sample.depth().clone();
            for (int i = 0; i < depth.length; i++) {
                depth[i] = depth[i] > 0 ? (float) number.of(depth[i]) : 0;
            }
            return with(sample, sample.picture(), depth);
        };
    }

    /** Changes 16-bit millimetres. */
    static Fault millimetres(IntUnaryOperator bits) {
        return depths(d -> (bits.applyAsInt((int) Math.round(1000 * d)) & 0xFFFF) / 1000.0);
    }

    /** Changes every byte of the picture. */
    static Fault colours(Number number) {
        return (sample, index, data) -> {
            Picture picture = sample.picture().copy();
            for (int i = 0; i < picture.rgb().length; i++) {
                picture.rgb()[i] = (byte) Math.clamp(Math.round(number.of(picture.rgb()[i] & 0xFF)), 0, 255);
            }
            return with(sample, picture, sample.depth());
        };
    }

    /** Moves the depth to the right and down, in pixels; what comes in has none. */
    static Fault shifted(int right, int down) {
        return (sample, index, data) -> {
            int w = sample.width();
            float[] depth = new float[sample.depth().length];
            for (int y = 0; y < sample.height(); y++) {
                for (int x = 0; x < w; x++) {
                    int fromX = x - right;
                    int fromY = y - down;
                    depth[y * w + x] = fromX < 0 || fromX >= w || fromY < 0 || fromY >= sample.height() ? 0
                            : sample.depth()[fromY * w + fromX];
                }
            }
            return with(sample, sample.picture(), depth);
        };
    }

    /** Mirrors the depth left to right. */
    static Fault mirrored() {
        return (sample, index, data) -> {
            float[] depth = sample.depth().clone();
            Augmenter.flip(depth, sample.width(), sample.height(), 1);
            return with(sample, sample.picture(), depth);
        };
    }

    /** The depth of a frame so many places on. */
    static Fault depthOf(int offset) {
        return (sample, index, data) -> with(sample, sample.picture(),
                data.sample(Math.floorMod(index + offset, data.size())).depth());
    }

    /** The picture of a frame so many places on. */
    static Fault pictureOf(int offset) {
        return (sample, index, data) -> with(sample, data.sample(Math.floorMod(index + offset, data.size())).picture(),
                sample.depth());
    }

    /** A whole other frame. */
    static Fault frameOf(int offset) {
        return (sample, index, data) -> {
            DepthSample other = data.sample(Math.floorMod(index + offset, data.size()));
            return with(sample, other.picture(), other.depth());
        };
    }

    /** One depth everywhere; 0 for none. */
    static Fault oneDepth(float value) {
        return (sample, index, data) -> {
            float[] depth = new float[sample.depth().length];
            Arrays.fill(depth, value);
            return with(sample, sample.picture(), depth);
        };
    }

    /** No depth but in the uppermost rows. */
    static Fault holes(double share) {
        return (sample, index, data) -> {
            float[] depth = sample.depth().clone();
            Arrays.fill(depth, (int) (depth.length * (1 - share)), depth.length, 0);
            return with(sample, sample.picture(), depth);
        };
    }

    static DepthSample with(DepthSample sample, Picture picture, float[] depth) {
        return new DepthSample(sample.name(), picture, depth, sample.repaired(), sample.camera());
    }
}
