package dev.fathom.tools.calibrate;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.calibration.CalibrationFile;
import dev.fathom.models.calibration.InverseDepthFit;
import dev.fathom.models.calibration.KnownPoint;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.image.PictureReader;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.MapText;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.Version;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs the model over the pictures of the points, fits the line, reports and writes it. */
public final class CalibrationRun {
    private final ModelArguments model;
    private final PointArguments points;
    private final double confidence;
    private final List<Double> at;
    private final PrintWriter out;

    /** @param at depths to show error bars for, metres */
    public CalibrationRun(ModelArguments model, PointArguments points, double confidence, List<Double> at,
            PrintWriter out) {
        this.model = model;
        this.points = points;
        this.confidence = confidence;
        this.at = at;
        this.out = out;
    }

    /**
     * Calibrates.
     *
     * @throws FathomException if the model is metric or the points do not make a line
     */
    public void run(DeviceArguments where, Path outfile) {
        Map<Path, List<TypedPoint>> wanted = points.read();
        Path folder = outfile.toAbsolutePath().getParent();
        if (!Files.isWritable(folder)) {
            throw new FathomException("The folder " + folder + " of --outfile " + (Files.exists(folder)
                    ? "cannot be written to" : "does not exist") + "; choose another.");
        }
        List<KnownPoint> known;
        try (ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            if (!(model.head(file) instanceof DepthHead.Relative)) {
                throw new FathomException(file.path() + " is a metric model, which gives metres already; only relative"
                        + " models are calibrated.");
            }
            Device device = where.choose(out);
            DepthAnythingV2 network = model.load(file, device);
            try (DepthEstimator estimator = new DepthEstimator(network, model.inputSize, model.precision)) {
                known = known(estimator, wanted);
            }
            InverseDepthFit fit = InverseDepthFit.of(known, points.options());
            Calibration calibration = calibration(fit, file);
            out.print(CalibrationReport.of(fit, calibration, confidence, at));
            if (!points.sparse().isEmpty()) {
                out.println("Neighbouring depths of a map are wrong together; the intervals take each for itself and are"
                        + " narrower than they should be.");
            }
            CalibrationFile.write(outfile, calibration, fit, model.precision.toString(), confidence, Version.line());
            out.println();
            out.println("written: " + outfile + ", for predict --calibration " + outfile);
        }
    }

    private List<KnownPoint> known(DepthEstimator estimator, Map<Path, List<TypedPoint>> wanted) {
        List<KnownPoint> known = new ArrayList<>();
        Map<Path, MapText> sparse = points.sparse();
        Set<Path> pictures = new LinkedHashSet<>(wanted.keySet());
        pictures.addAll(sparse.keySet());
        List<String> said = new ArrayList<>();
        try (Progress progress = Progress.start("Predicting", pictures.size(), "pictures")) {
            for (Path picture : pictures) {
                DepthMap map = estimator.estimate(PictureReader.read(picture), "The picture " + picture);
                known.addAll(MapPoints.of(map, picture.toString(), wanted.getOrDefault(picture, List.of())));
                if (sparse.containsKey(picture)) {
                    SparseMap.Points drawn = SparseMap.points(sparse.get(picture), map, picture.toString(),
                            points.sparsePoints());
                    known.addAll(drawn.known());
                    said.add(sparse.get(picture).path() + ": " + drawn.known().size() + " of " + drawn.depths() + " depths"
                            + (drawn.unsaid() == 0 ? "" : ", " + drawn.unsaid() + " more left out where the model gives 0"));
                }
                progress.step();
            }
        }
        said.forEach(out::println);
        return known;
    }

    private Calibration calibration(InverseDepthFit fit, ModelFile file) {
        List<KnownPoint> kept = fit.kept();
        return new Calibration(fit.line(), kept.stream().mapToDouble(KnownPoint::d).max().orElseThrow(),
                kept.stream().mapToDouble(KnownPoint::d).min().orElseThrow(), model.describeUse(file),
                ContentHash.of(file.path()).hex(), model.inputSize, fit.residuals().size(),
                fit.residuals().stream().map(r -> r.point().picture()).distinct().toList());
    }
}
