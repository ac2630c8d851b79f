package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.Preprocess;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.data.NyuHdf5Writer;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.ImageScorer;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.MapMeasure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * What evaluating costs beside the network: a data set of NYU's size through the evaluator, the network alone, and every
 * other step alone. On few cores nothing that is done beside the network is free, so the whole is compared with the
 * network alone, not with the time that it waits.
 */
final class EvaluatePart implements Part {
    /** Frames on the disk; evaluated over and over. */
    private static final int FRAMES = 4;
    /** Images of NYU's test set, over which the bootstrap is spread. */
    private static final int TEST_SET = 654;
    /** Images between two looks at the network alone. */
    private static final int IMAGES_A_TURN = 2;

    private final ModelBench bench;
    private final int runs;
    private final int width;
    private final int height;

    /** @param bench whose side is the network's shorter one; frames are 640 x 480 for 518, and smaller for a smaller one */
    EvaluatePart(ModelBench bench, int runs) {
        this.bench = bench;
        this.runs = runs;
        this.width = 640 * bench.side() / NetworkSize.DEFAULT_INPUT_SIZE;
        this.height = 480 * bench.side() / NetworkSize.DEFAULT_INPUT_SIZE;
    }

    @Override
    public String title() {
        return "evaluate, " + bench.encoder().id() + ", frames of " + width + " x " + height + ", network of "
                + bench.side() + ", " + bench.precision();
    }

    @Override
    public Found measure() {
        Path folder = TemporaryFolder.make();
        try {
            Picture photo = SamplePhoto.make(width, height);
            float[] depth = depth();
            for (int i = 0; i < FRAMES; i++) {
                NyuHdf5Writer.write(folder.resolve("frame" + i + ".h5"), width, height, photo.rgb(), depth);
            }
            DepthDataset frames = NyuHdf5Dataset.open(folder);
            return bench.forward(work -> measure(frames, work.model()));
        } finally {
            TemporaryFolder.delete(folder);
        }
    }

    private Found measure(DepthDataset frames, DepthAnythingV2 model) {
        DepthSample sample = frames.sample(0);
        NetworkSize size = NetworkSize.of(width, height, bench.side());
        float[] input = new float[3 * size.width() * size.height()];
        Map<String, Samples> steps = new LinkedHashMap<>();
        try (NetworkPredictions network = new NetworkPredictions("bench", Map.of(), model, bench.side(),
                bench.precision())) {
            List<ValidationSample> one = List.of(new ValidationSample(sample, 0, size.width(), size.height(), input));
            Protocol small = protocol(Alignment.NONE, Fitting.LEAST_SQUARES, Resolution.NETWORK);
            double[][] turns = turns(() -> network.predict(one, small), network, frames);
            time(steps, "read a frame (HDF5)", () -> frames.sample(1));
            time(steps, "resize (cubic) and normalise", () -> Preprocess.window(sample.picture(), size, 0, 0,
                    size.width(), size.height(), input, 0));
            time(steps, "depth to the frame's size (bilinear)", () -> enlarged(size));
            Prediction metric = new Prediction(PredictedQuantity.METRIC_DEPTH, width, height, depth(), "bench");
            Prediction relative = new Prediction(PredictedQuantity.RELATIVE_DISPARITY, width, height, depth(), "bench");
            time(steps, "measures", () -> score(Alignment.NONE, Fitting.LEAST_SQUARES, metric, sample));
            time(steps, "median alignment, measures", () -> score(Alignment.MEDIAN, Fitting.ROBUST, metric, sample));
            time(steps, "affine-disparity, measures", () -> score(Alignment.AFFINE_DISPARITY, Fitting.LEAST_SQUARES,
                    relative, sample));
            time(steps, "affine-disparity robust, measures", () -> score(Alignment.AFFINE_DISPARITY, Fitting.ROBUST,
                    relative, sample));
            for (MapMeasure.Family family : MapMeasure.Family.values()) {
                time(steps, "--measures " + family, () -> family.measure(metric.values(), sample.depth(), width, height));
            }
            time(steps, "bootstrap of " + TEST_SET + " images, a " + TEST_SET + "th", EvaluatePart::intervals, TEST_SET);
            return new Measured(title(), new Samples(turns[0]), new Samples(turns[1]), steps);
        }
    }

    /**
     * The network alone and an evaluation in turns, so that a machine that changes its speed does so to both. The first
     * turn is not timed.
     *
     * @return seconds an image of each
     */
    private double[][] turns(Runnable alone, NetworkPredictions network, DepthDataset frames) {
        double[][] seconds = new double[2][runs * IMAGES_A_TURN];
        for (int turn = runs == 1 ? 0 : -1; turn < runs; turn++) {
            double[] whole = whole(network, frames);
            for (int i = 0; i < IMAGES_A_TURN; i++) {
                long start = System.nanoTime();
                alone.run();
                if (turn >= 0) {
                    seconds[0][turn * IMAGES_A_TURN + i] = (System.nanoTime() - start) * 1e-9;
                    seconds[1][turn * IMAGES_A_TURN + i] = whole[i];
                }
            }
        }
        return seconds;
    }

    /**
     * Seconds from one finished image to the next, but for the first, for which the loader's queue fills. The data set
     * goes on behind the last, so that the loader always has work.
     */
    private double[] whole(NetworkPredictions network, DepthDataset frames) {
        List<Long> done = new ArrayList<>();
        Protocol protocol = protocol(Alignment.NONE, Fitting.LEAST_SQUARES, Resolution.ORIGINAL);
        new Evaluator(new EvaluationOptions(protocol, 1, 2, SkipBad.STOP)).run(network, new Repeated(frames,
                TEST_SET), (source, result, sample, scored) -> {
                    done.add(System.nanoTime());
                    return done.size() <= IMAGES_A_TURN;
                });
        double[] seconds = new double[IMAGES_A_TURN];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = (done.get(i + 1) - done.get(i)) * 1e-9;
        }
        return seconds;
    }

    private void time(Map<String, Samples> steps, String name, Runnable work) {
        time(steps, name, work, 1);
    }

    private void time(Map<String, Samples> steps, String name, Runnable work, int parts) {
        Samples samples = Samples.of(runs, 2, 0.5, work);
        steps.put(name, new Samples(DoubleStream.of(samples.seconds()).map(s -> s / parts).toArray()));
    }

    private static Protocol protocol(Alignment alignment, Fitting fitting, Resolution at) {
        return new Protocol(Space.DEPTH, alignment, fitting, Crop.NONE, 0.001f, 10, false, false, at, Average.IMAGES);
    }

    private static void score(Alignment alignment, Fitting fitting, Prediction prediction, DepthSample sample) {
        new ImageScorer(protocol(alignment, fitting, Resolution.ORIGINAL)).score(prediction, sample);
    }

    private static void intervals() {
        List<double[]> columns = new ArrayList<>();
        for (DepthMetric metric : DepthMetric.values()) {
            double[] column = new double[TEST_SET];
            for (int i = 0; i < TEST_SET; i++) {
                column[i] = 1 + Math.sin(i * (1 + metric.ordinal()));
            }
            columns.add(column);
        }
        Bootstrap.STANDARD.ofMeans(columns);
    }

    private void enlarged(NetworkSize size) {
        try (MemoryScope scope = MemoryScope.open("enlarge")) {
            ResizeBilinear.of(Tensors.zeros(new TensorSpec(Shape.of(1, size.height(), size.width(), 1), DType.F32),
                    Device.CPU), height, width, true).toFloats();
        }
    }

    /** Metres, waves with a hole in every tenth pixel. */
    private float[] depth() {
        float[] metres = new float[width * height];
        for (int i = 0; i < metres.length; i++) {
            metres[i] = i % 10 == 0 ? 0 : 3 + (float) (Math.sin(i % width * 0.02) + Math.cos(i / width * 0.03));
        }
        return metres;
    }

    /** A data set whose frames come again and again. */
    private record Repeated(DepthDataset frames, int size) implements DepthDataset {
        @Override
        public DepthSample sample(int index) {
            return frames.sample(index % frames.size());
        }

        @Override
        public String name(int index) {
            return frames.name(index % frames.size());
        }
    }

    /**
     * What came of it.
     *
     * @param network seconds an image of the network alone; {@code whole} of the evaluation
     */
    private record Measured(String title, Samples network, Samples whole, Map<String, Samples> steps) implements Found {
        private double overhead() {
            return whole.median() / network.median() - 1;
        }

        @Override
        public String text(MachineRates rates) {
            MarkdownTable table = new MarkdownTable(1, "step, alone", "ms an image", "of the network");
            steps.forEach((name, samples) -> table.row(name, MarkdownTable.number(1e3 * samples.median(), 2),
                    MarkdownTable.number(100 * samples.median() / network.median(), 2) + " %"));
            return String.format(Locale.ROOT, "%s:%n  the network alone %s%n  an evaluation   %s an image: %.1f %% more%n%n",
                    title, network.describe(), whole.describe(), 100 * overhead()) + table;
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "evaluate");
            map.put("network", network.json());
            map.put("evaluation", whole.json());
            map.put("overhead", overhead());
            Map<String, Object> each = new LinkedHashMap<>();
            steps.forEach((name, samples) -> each.put(name, samples.json()));
            map.put("steps", each);
            return map;
        }
    }
}
