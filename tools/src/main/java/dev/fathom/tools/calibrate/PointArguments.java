package dev.fathom.tools.calibrate;

import dev.fathom.models.calibration.InverseDepthFit;
import dev.fathom.models.calibration.PointErrors;
import dev.fathom.tools.cli.MapText;
import dev.fathom.tools.cli.WrongCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which points are known, and how well: the options of calibrate by that theme. */
public final class PointArguments {
    @Option(names = "--img-path", paramLabel = "PHOTO", description =
            "The picture of the points; once for each --sparse. Not needed if --points names pictures.")
    private List<Path> pictures = List.of();

    @Option(names = "--point", paramLabel = "X,Y,METRES", converter = TypedPoint.Converter.class, description =
            "A pixel (column, row, from 0 at the top left, as the picture is seen) and its depth; repeat it.")
    private List<TypedPoint> points = List.of();

    @Option(names = "--points", paramLabel = "FILE", description =
            "Points from a text file, one picture,x,y,metres (or x,y,metres) a line; of several pictures one line is"
            + " fitted to all.")
    private Path file;

    @Option(names = "--sparse", paramLabel = "MAP", converter = MapText.Converter.class, description =
            "A depth map of the picture, holes allowed, as FILE,unit=mm or FILE,scale=1/256,invalid=65535 (quantity, unit,"
            + " scale, invalid, array): .png .tif .pfm .npy .npz .h5 .mat. Of several pictures: --img-path A --sparse"
            + " MAP_OF_A --img-path B --sparse MAP_OF_B.")
    private List<MapText> sparse = List.of();

    @Option(names = "--sparse-points", defaultValue = "1000", paramLabel = "N", description =
            "Depths to draw of a map that has more, seeded (default: ${DEFAULT-VALUE}).")
    private int sparsePoints;

    @Option(names = "--errors", defaultValue = "relative", paramLabel = "KIND", description =
            "How wrong points are, which decides their weights: relative, by the same share of their depth (weights z^2);"
            + " absolute, by the same metres (z^4); inverse, by the same 1/z (1) (default: ${DEFAULT-VALUE}).")
    private String errors;

    @Option(names = "--sigma", paramLabel = "S", description =
            "Standard error of the points if it is known, in the unit of --errors: 0.05 for 5 %%, metres, or 1/metres."
            + " By default it is estimated from how they lie around the line.")
    private Double sigma;

    @Option(names = "--robust", description =
            "Leave out points that do not fit the others; nearly half may be wrong. Needs five points.")
    private boolean robust;

    /** Checks what needs no file. */
    public void check(CommandSpec spec) {
        WrongCall.orValue(spec, () -> PointErrors.named(errors));
        WrongCall.unless(sigma == null || sigma > 0 && sigma < Double.POSITIVE_INFINITY, spec, "--sigma is " + sigma
                + ", but a standard error is more than 0.");
        WrongCall.unless(!points.isEmpty() || file != null || !sparse.isEmpty(), spec,
                "There are no points; give --point X,Y,METRES several times, --points FILE or --sparse MAP.");
        sparse.forEach(map -> WrongCall.orValue(spec, () -> SparseMap.meaning(map)));
        WrongCall.unless(sparsePoints >= 2, spec, "--sparse-points is " + sparsePoints + ", but a line needs 2 at least.");
        WrongCall.unless(points.isEmpty() || pictures.size() == 1, spec, "--point is about one picture, and "
                + (pictures.isEmpty() ? "none is named; give --img-path PHOTO." : pictures.size()
                + " are named; put points of several pictures into a file (--points)."));
        WrongCall.unless(sparse.isEmpty() || sparse.size() == pictures.size(), spec, "There are " + sparse.size()
                + " --sparse for " + pictures.size() + " --img-path; expected one map for each picture, in their order.");
        WrongCall.unless(!sparse.isEmpty() || pictures.size() < 2, spec, "--img-path is given " + pictures.size()
                + " times; put points of several pictures into a file (--points).");
    }

    /** How to fit. */
    InverseDepthFit.Options options() {
        return new InverseDepthFit.Options(PointErrors.named(errors), robust, sigma == null ? Double.NaN : sigma);
    }

    /** The points by picture, in the order in which they were given. */
    Map<Path, List<TypedPoint>> read() {
        Path only = pictures.size() != 1 ? null : pictures.getFirst();
        Map<Path, List<TypedPoint>> all = new LinkedHashMap<>();
        if (!points.isEmpty()) {
            all.put(only, new ArrayList<>(points));
        }
        if (file != null) {
            PointsFile.read(file, only).forEach((picture, more) ->
                    all.computeIfAbsent(picture, p -> new ArrayList<>()).addAll(more));
        }
        return all;
    }

    /** The depth map of each picture that has one. */
    Map<Path, MapText> sparse() {
        Map<Path, MapText> maps = new LinkedHashMap<>();
        for (int i = 0; i < sparse.size(); i++) {
            maps.put(pictures.get(i), sparse.get(i));
        }
        return maps;
    }

    int sparsePoints() {
        return sparsePoints;
    }
}
