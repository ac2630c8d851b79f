package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.NpyStack;
import dev.fathom.training.data.maps.RawMap;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.SkippedImageException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What any tool predicted, read from files: a map a picture, whose numbers mean what was declared. */
public final class FilePredictions implements PredictionSource {
    /** In {@link #about()}: how many maps so far had another shape than their picture, which they were stretched to. */
    public static final String STRETCHED = "stretched";
    /** Rounding to multiples of a patch changes a shape less. */
    private static final double SHAPE = 0.03;

    private final PredictionSpec spec;
    private final MapMeaning meaning;
    /** Null where one file has them all. */
    private final MapFiles files;
    /** Null where each map is a file. */
    private final NpyStack stack;
    private int stretched;

    private FilePredictions(PredictionSpec spec, MapFiles files, NpyStack stack) {
        this.spec = spec;
        this.meaning = spec.meaning();
        this.files = files;
        this.stack = stack;
    }

    /**
     * Finds the maps, and checks that they can belong to the data set's pictures. None is read.
     *
     * @throws FathomException if there are none, if none belongs to a picture, or not as many as pictures where they are
     *     taken in order
     */
    public static FilePredictions open(PredictionSpec spec, DepthDataset data) {
        if (NpyStack.recognises(spec.folder())) {
            NpyStack stack = NpyStack.open(spec.folder());
            requireAsMany(spec, stack.size(), data, "its maps cannot be told apart");
            return new FilePredictions(spec, null, stack);
        }
        MapFiles files = MapFiles.in(spec.folder(), spec.settings().getOrDefault(PredictionSpec.SUFFIX, ""));
        if (spec.byOrder()) {
            requireAsMany(spec, files.all().size(), data, "by=order cannot tell which belongs to which");
        } else {
            requireAny(spec, files, data);
        }
        return new FilePredictions(spec, files, null);
    }

    private static void requireAsMany(PredictionSpec spec, int maps, DepthDataset data, String so) {
        if (maps != data.size()) {
            throw new FathomException(spec.folder() + " holds " + maps + " predicted maps for " + data.size()
                    + " pictures, so " + so + "; expected as many.");
        }
    }

    private static void requireAny(PredictionSpec spec, MapFiles files, DepthDataset data) {
        for (int i = 0; i < data.size(); i++) {
            if (files.of(data.name(i)).isPresent()) {
                return;
            }
        }
        throw new FathomException("No map in " + spec.folder() + " is called as a picture: the first map is "
                + files.all().getFirst() + ", the first picture " + data.name(0) + "; use suffix= for what stands behind the"
                + " picture's name, or by=order.");
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public PredictedQuantity quantity() {
        return !meaning.relative() ? PredictedQuantity.METRIC_DEPTH : switch (meaning.quantity()) {
            case DEPTH -> PredictedQuantity.RELATIVE_DEPTH;
            case DISPARITY -> PredictedQuantity.RELATIVE_DISPARITY;
        };
    }

    @Override
    public Map<String, Object> about() {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("kind", "files");
        about.put("folder", spec.folder().toString());
        if (stack == null) {
            about.put("files", files.all().size());
            about.put("names_sha256", ContentHash.of(files.all().stream().map(Path::toString).toList()).hex());
        } else {
            about.put("maps", stack.size());
            about.put("sha256", ContentHash.of(spec.folder()).hex());
        }
        about.put("settings", new LinkedHashMap<>(spec.settings()));
        about.put("meaning", meaning.toString());
        about.put("quantity", quantity().toString());
        about.put(STRETCHED, stretched);
        return about;
    }

    @Override
    public OptionalInt inputSize() {
        return OptionalInt.empty();
    }

    @Override
    public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
        return samples.stream().map(this::predict).toList();
    }

    private Prediction predict(ValidationSample sample) {
        if (stack != null) {
            return prediction(sample, stack.map(sample.index()), spec.folder() + "[" + sample.index() + "]");
        }
        String picture = sample.sample().name();
        Optional<Path> file = spec.byOrder() ? Optional.of(files.at(sample.index())) : files.of(picture);
        if (file.isEmpty()) {
            if (spec.skipsMissing()) {
                return Prediction.none(quantity(), "there is no predicted map");
            }
            throw new FathomException("There is no predicted map for " + picture + " in " + spec.folder()
                    + "; add it, or leave such pictures out with missing=skip.");
        }
        return prediction(sample, MapFile.read(file.get(), spec.settings().get(PredictionSpec.ARRAY)), file.get().toString());
    }

    private Prediction prediction(ValidationSample sample, RawMap map, String from) {
        float[] values = meaning.relative() ? meaning.toNumbers(map) : metres(meaning.toDepth(map));
        int width = sample.sample().width();
        int height = sample.sample().height();
        if (spec.covers().kind() != Crop.Kind.NONE) {
            try {
                return new Prediction(quantity(), width, height, placed(from, map, values, width, height), from);
            } catch (SkippedImageException e) {
                return Prediction.none(quantity(), e.getMessage());
            }
        }
        if (Math.abs((double) map.width() * height / ((double) map.height() * width) - 1) > SHAPE) {
            stretched++;
        }
        return new Prediction(quantity(), map.width(), map.height(), values, from);
    }

    /** [height,width] with the map where it belongs, and NaN elsewhere. */
    private float[] placed(String from, RawMap map, float[] values, int width, int height) {
        Crop.Box box = spec.covers().in(width, height);
        if (map.width() != box.right() - box.left() || map.height() != box.bottom() - box.top()) {
            throw new FathomException("The map " + from + " has " + map.width() + " x " + map.height() + " pixels, but covers="
                    + spec.covers() + " of a picture of " + width + " x " + height + " has " + (box.right() - box.left())
                    + " x " + (box.bottom() - box.top()) + "; expected the same.");
        }
        float[] all = new float[width * height];
        Arrays.fill(all, Float.NaN);
        for (int y = 0; y < map.height(); y++) {
            System.arraycopy(values, y * map.width(), all, (box.top() + y) * width + box.left(), map.width());
        }
        return all;
    }

    /** With NaN for holes, which resizing then cannot make a small depth of. */
    private static float[] metres(MapMeaning.Depth depth) {
        float[] metres = depth.metres();
        for (int i = 0; i < metres.length; i++) {
            metres[i] = metres[i] > 0 ? metres[i] : Float.NaN;
        }
        return metres;
    }

    @Override
    public void close() {
        // Every file is closed as soon as it is read.
    }
}
