package dev.fathom.tools.points;

import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.tools.calibrate.AppliedCalibration;
import dev.fathom.tools.predict.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Frames to clouds, several in work at once; with a network where the depth is not known. Results and lines are those
 * of one frame after the other.
 */
final class Clouds implements Pipeline.Stages<FrameSource.Frame, Clouds.Seen> {
    /**
     * A network.
     *
     * @param calibration what makes metres of a relative network's numbers; null if it is metric, or depth is made up
     * @param facts lines for the file's comments
     */
    record Network(DepthEstimator estimator, AppliedCalibration calibration, List<String> facts) {
    }

    /** A frame with its depth. */
    record Seen(FrameSource.Frame frame, DepthFrame depth, String unit, List<String> facts) {
    }

    private final FrameSource source;
    private final Network network;
    private final CloudWriter writer;
    private final Consumer<String> lines;
    /** Lines of frames that are done before an earlier one. */
    private final TreeMap<Integer, String> waiting = new TreeMap<>();
    private int next;

    /**
     * @param network null where all frames have a depth
     * @param lines is told of each frame's files, in order
     */
    Clouds(FrameSource source, Network network, CloudWriter writer, Consumer<String> lines) {
        this.source = source;
        this.network = network;
        this.writer = writer;
        this.lines = lines;
    }

    @Override
    public long bytes(int index) {
        return writer.bytesAPixel() * source.pixels(index);
    }

    @Override
    public FrameSource.Frame prepare(int index) {
        return source.read(index);
    }

    @Override
    public Seen compute(int index, FrameSource.Frame frame) {
        List<String> facts = new ArrayList<>(frame.facts());
        if (frame.depth() != null) {
            return new Seen(frame, new DepthFrame(frame.picture(), frame.depth(), frame.camera().camera()),
                    frame.unit(), facts);
        }
        DepthMap map = network.estimator.estimate(frame.picture(), frame.name());
        facts.addAll(network.facts);
        if (network.calibration != null) {
            map = network.calibration.apply(map).map();
        }
        boolean metric = map.head() instanceof DepthHead.Metric;
        if (!metric) {
            facts.add(MadeUpDepth.WORDS);
        }
        float[] depth = metric ? map.values() : MadeUpDepth.of(map.values());
        return new Seen(frame, new DepthFrame(frame.picture(), depth, frame.camera().camera()), metric ? "metres" : "",
                facts);
    }

    @Override
    public void finish(int index, Seen seen) {
        say(index, writer.write(source.stem(index), seen.frame.name(), seen.depth, seen.frame.camera(), seen.unit,
                seen.facts));
    }

    /** A frame without files: the lines behind it need not wait. */
    synchronized void leftOut(int index) {
        if (!waiting.containsKey(index) && index >= next) {
            say(index, "");
        }
    }

    private synchronized void say(int index, String line) {
        waiting.put(index, line);
        while (waiting.containsKey(next)) {
            String ready = waiting.remove(next++);
            if (!ready.isEmpty()) {
                lines.accept(ready);
            }
        }
    }
}
