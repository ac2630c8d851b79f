package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.RawMap;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What any tool predicted, read from files: a map a picture, whose numbers mean what was declared. */
public final class FilePredictions implements PredictionSource {
    private final PredictionSpec spec;
    private final MapMeaning meaning;
    private final MapFiles files;

    private FilePredictions(PredictionSpec spec, MapFiles files) {
        this.spec = spec;
        this.meaning = spec.meaning();
        this.files = files;
    }

    /**
     * Finds the maps, and checks that they can belong to the data set's pictures. None is read.
     *
     * @throws FathomException if there are none, if none belongs to a picture, or not as many as pictures where they are
     *     taken in order
     */
    public static FilePredictions open(PredictionSpec spec, DepthDataset data) {
        MapFiles files = MapFiles.in(spec.folder(), spec.settings().getOrDefault(PredictionSpec.SUFFIX, ""));
        if (spec.byOrder()) {
            if (files.all().size() != data.size()) {
                throw new FathomException(spec.folder() + " holds " + files.all().size() + " predicted maps for "
                        + data.size() + " pictures, so by=order cannot tell which belongs to which; expected as many.");
            }
        } else {
            requireAny(spec, files, data);
        }
        return new FilePredictions(spec, files);
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
        about.put("files", files.all().size());
        about.put("names_sha256", ContentHash.of(files.all().stream().map(Path::toString).toList()).hex());
        about.put("settings", new LinkedHashMap<>(spec.settings()));
        about.put("meaning", meaning.toString());
        about.put("quantity", quantity().toString());
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
        String picture = sample.sample().name();
        Optional<Path> file = spec.byOrder() ? Optional.of(files.at(sample.index())) : files.of(picture);
        if (file.isEmpty()) {
            if (spec.skipsMissing()) {
                return Prediction.none(quantity(), "there is no predicted map");
            }
            throw new FathomException("There is no predicted map for " + picture + " in " + spec.folder()
                    + "; add it, or leave such pictures out with missing=skip.");
        }
        RawMap map = MapFile.read(file.get(), spec.settings().get(PredictionSpec.ARRAY));
        return new Prediction(quantity(), map.width(), map.height(), meaning.relative() ? meaning.toNumbers(map)
                : metres(meaning.toDepth(map)), file.get().toString());
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
