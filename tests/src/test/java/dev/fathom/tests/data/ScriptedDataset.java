package dev.fathom.tests.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.tests.golden.Formula;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A data set made of the formula; some samples can be told to fail or to be all holes. It counts what is read. */
final class ScriptedDataset implements DepthDataset {

    private final int size;
    private final int width;
    private final int height;
    final Set<Integer> failing = ConcurrentHashMap.newKeySet();
    /** Whose files are torn. */
    final Set<Integer> bad = ConcurrentHashMap.newKeySet();
    final Set<Integer> holes = ConcurrentHashMap.newKeySet();
    final AtomicInteger reads = new AtomicInteger();

    ScriptedDataset(int size, int width, int height) {
        this.size = size;
        this.width = width;
        this.height = height;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String name(int index) {
        return "scripted-" + index;
    }

    @Override
    public DepthSample sample(int index) {
        reads.incrementAndGet();
        if (failing.contains(index)) {
            throw index % 2 == 0 ? new FathomException("The file of " + name(index) + " is broken.")
                    : new IllegalStateException("a bug");
        }
        if (bad.contains(index)) {
            throw new FrameException(FrameException.Fault.DAMAGED, "The file of " + name(index) + " is torn.", null);
        }
        // Odd samples are turned, so sizes vary.
        int w = index % 2 == 0 ? width : height;
        int h = index % 2 == 0 ? height : width;
        float[] depth = holes.contains(index) ? new float[w * h] : Formula.floats("depth" + index, w * h, 6, 5);
        int repaired = 0;
        for (int i = 0; i < depth.length; i++) {
            if (depth[i] < 0) {
                depth[i] = 0;
                repaired++;
            }
        }
        Picture picture = new Picture(w, h, Formula.bytes("rgb" + index, 3 * w * h));
        return new DepthSample(name(index), picture, depth, repaired);
    }
}
