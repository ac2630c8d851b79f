package dev.fathom.tools.evaluate;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.calibrate.AppliedCalibration;
import dev.fathom.tools.calibrate.CalibrationArguments;
import dev.fathom.tools.cli.ModelSettings;
import dev.fathom.tools.report.CommonFolder;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.evaluation.predictions.CalibratedPredictions;
import dev.fathom.training.evaluation.predictions.FilePredictions;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.predictions.PredictionSpec;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.scoring.ImageScorer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What is measured: models first, then folders of maps. Files are opened and checked at once, weights loaded last. */
public final class Sources implements AutoCloseable {
    private final ModelsArguments models;
    private final List<ModelFile> files = new ArrayList<>();
    private final List<PredictionSource> maps = new ArrayList<>();
    private final List<PredictionSource> networks = new ArrayList<>();
    private final MemoryScope weights = MemoryScope.open("models");
    /** What makes metres of the one relative model's numbers; null if they are to stay what they are. */
    private AppliedCalibration calibration;

    private Sources(ModelsArguments models) {
        this.models = models;
    }

    /**
     * Opens all files.
     *
     * @throws FathomException if one cannot be used, or two would have the same name
     */
    static Sources open(ModelsArguments models, CalibrationArguments metres, List<PredictionSpec> predictions,
            DepthDataset data) {
        Sources sources = new Sources(models);
        try {
            for (Path path : models.files()) {
                sources.files.add(models.open(path));
            }
            sources.files.forEach(models::head);
            if (metres.asked()) {
                sources.calibration = sources.calibration(metres);
            }
            for (PredictionSpec spec : predictions) {
                sources.maps.add(FilePredictions.open(spec, data));
            }
            sources.requireNames();
            return sources;
        } catch (Throwable e) {
            sources.close();
            throw e;
        }
    }

    private AppliedCalibration calibration(CalibrationArguments metres) {
        List<ModelFile> relative = files.stream().filter(this::isRelative).toList();
        if (relative.size() > 1 || files.isEmpty()) {
            throw new FathomException("--calibration is about one relative model, and there are " + relative.size()
                    + "; measure each by itself.");
        }
        ModelFile file = relative.isEmpty() ? files.getFirst() : relative.getFirst();
        return metres.open(models.head(file), ContentHash.of(file.path()).hex(), models.inputSize).orElseThrow();
    }

    private boolean isRelative(ModelFile file) {
        return models.head(file) instanceof DepthHead.Relative;
    }

    private void requireNames() {
        Set<String> names = new HashSet<>();
        for (String name : names()) {
            if (!names.add(name)) {
                throw new FathomException("Two of what is to be measured are called '" + name + "'; name folders of maps by"
                        + " --predictions NAME=DIR, and give each model once.");
            }
        }
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        files.forEach(file -> names.add(name(file)));
        maps.forEach(source -> names.add(source.name()));
        return names;
    }

    /**
     * What it is, if it is the only model; its file's name, if there are others; if they have that too, its path below the
     * folder that all models lie in.
     */
    private String name(ModelFile file) {
        String stem = stem(file);
        if (files.size() == 1) {
            return models.describeUse(file);
        }
        if (files.stream().filter(other -> stem(other).equals(stem)).count() == 1) {
            return stem;
        }
        int folder = CommonFolder.of(files.stream().map(f -> f.path().toString()).toList()).length();
        return file.path().toString().substring(folder).replaceFirst("\\.[^.]+$", "");
    }

    private static String stem(ModelFile file) {
        return file.path().getFileName().toString().replaceFirst("\\.[^.]+$", "");
    }

    /** The largest depth of the metric models, metres; empty if there is none. */
    Optional<Float> largestDepth() {
        return files.stream().map(models::head).filter(DepthHead.Metric.class::isInstance)
                .map(head -> (float) ((DepthHead.Metric) head).maxDepth()).max(Float::compare);
    }

    /** @throws FathomException if a source's numbers mean nothing as the protocol compares them */
    void requireMeaning(Protocol protocol) {
        files.forEach(file -> ImageScorer.requireMeaning(protocol, isRelative(file) && calibration == null
                ? PredictedQuantity.RELATIVE_DISPARITY : PredictedQuantity.METRIC_DEPTH, file.path().toString()));
        maps.forEach(source -> ImageScorer.requireMeaning(protocol, source.quantity(), source.name()));
    }

    /**
     * Loads the weights.
     *
     * @param choice where to, asked only if there is a model
     * @param hash whether the files' hashes are wanted, which takes as long as reading them
     * @return all sources
     */
    List<PredictionSource> load(Supplier<Device> choice, boolean hash) {
        Device device = files.isEmpty() ? null : choice.get();
        for (ModelFile file : files) {
            DepthHead head = models.head(file);
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("kind", "model");
            about.put("name", ModelSettings.describe(file));
            about.put("file", file.path().getFileName().toString());
            about.put("sha256", hash ? ContentHash.of(file.path()).hex() : null);
            about.put("head", head.kind());
            about.put("unit", head.unit());
            about.put("device", device.toString());
            NetworkPredictions network = new NetworkPredictions(name(file), about, models.load(file, device),
                    models.inputSize, models.precision);
            networks.add(calibration == null || !isRelative(file) ? network : new CalibratedPredictions(network,
                    calibration.calibration(), calibration.beyond(), calibration.fields()));
        }
        List<PredictionSource> all = new ArrayList<>(networks);
        all.addAll(maps);
        return all;
    }

    @Override
    public void close() {
        try (MemoryScope last = weights) {
            networks.forEach(PredictionSource::close);
            maps.forEach(PredictionSource::close);
            files.forEach(ModelFile::close);
        }
    }
}
