package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.ExifLens;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.tools.cli.PictureSize;
import dev.fathom.tools.cli.WrongCall;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The camera, as options say it; what they do not say is asked of the data set, then of the photo. Never guessed. */
public final class CameraArguments {
    /** Nobody sees so much through a lens without distortion: the numbers are no pixels. */
    private static final double WIDEST = 150;
    /** Sides that were rounded to whole pixels differ by less. */
    private static final double SAME_SHAPE = 0.01;

    @Option(names = {"--fx", "--focal-length-x"}, paramLabel = "PX", description =
            "Focal length in pixels of the photo as one sees it, turned upright.")
    private Double fx;

    @Option(names = {"--fy", "--focal-length-y"}, paramLabel = "PX", description =
            "The same along columns (default: as --fx, square pixels).")
    private Double fy;

    @Option(names = "--cx", paramLabel = "PX", description =
            "Column that the camera looks along, counted from the middle of the first, 0 (default: the middle).")
    private Double cx;

    @Option(names = "--cy", paramLabel = "PX", description = "Row, likewise.")
    private Double cy;

    @Option(names = "--camera-size", paramLabel = "WxH", converter = PictureSize.Converter.class, description =
            "The photo size that these hold for, if it is another: they are scaled with the photo.")
    private PictureSize cameraSize;

    @Option(names = "--fov", paramLabel = "DEGREES", description =
            "Instead: how much the photo shows from its left rim to its right one.")
    private Double fov;

    @Option(names = "--focal-mm", paramLabel = "MM", description =
            "Instead: the lens's focal length, with --sensor-mm (36 if it is the one 'on 35 mm film').")
    private Double focalMm;

    @Option(names = "--sensor-mm", paramLabel = "MM", description =
            "The sensor's longer side, along the photo's longer side. Alone: with the focal length that EXIF has.")
    private Double sensorMm;

    /** Checks what needs no picture. */
    public void check(CommandSpec spec) {
        boolean pixels = fx != null || fy != null || cx != null || cy != null || cameraSize != null;
        boolean lens = focalMm != null || sensorMm != null;
        int ways = (pixels ? 1 : 0) + (fov != null ? 1 : 0) + (lens ? 1 : 0);
        WrongCall.unless(ways <= 1, spec, "--fx, --fov and --focal-mm each say what the camera is; give one of them.");
        WrongCall.unless(!pixels || fx != null, spec, "--fy, --cx, --cy and --camera-size go with --fx; give it too.");
        WrongCall.unless(focalMm == null || sensorMm != null, spec, "--focal-mm says nothing without the size of the"
                + " sensor; give --sensor-mm too (36 if it is a focal length 'on 35 mm film').");
        positive(spec, "--fx", fx, "pixels");
        positive(spec, "--fy", fy, "pixels");
        positive(spec, "--focal-mm", focalMm, "millimetres");
        positive(spec, "--sensor-mm", sensorMm, "millimetres");
        WrongCall.unless(fov == null || fov > 0 && fov <= WIDEST, spec, "--fov is " + fov
                + ", but a photo shows more than 0 and at most " + (int) WIDEST + " degrees.");
        WrongCall.unless((cx == null || Double.isFinite(cx)) && (cy == null || Double.isFinite(cy)), spec,
                "--cx and --cy are pixels of the photo; a number is expected.");
        WrongCall.unless(!part(cx) || !part(cy), spec, "--cx " + cx + " and --cy " + cy
                + " look like parts of the photo's width and height; give pixels, as for --fx.");
    }

    /** Whether it is a place in a photo of width 1; in pixels it would be in the corner. */
    private static boolean part(Double value) {
        return value != null && value > 0 && value < 1;
    }

    private static void positive(CommandSpec spec, String option, Double value, String unit) {
        WrongCall.unless(value == null || value > 0 && Double.isFinite(value), spec, option + " is " + value
                + ", but a length in " + unit + " is more than 0.");
    }

    /**
     * Decides.
     *
     * @param name what to call the picture in a message
     * @param ofSet what the data set says
     * @param exif what the photo says; asked only if nothing else is known
     * @throws FathomException if nothing says it, or what says it does not fit the picture
     */
    CameraChoice choose(String name, Optional<Intrinsics> ofSet, Supplier<ExifLens> exif, int width, int height) {
        CameraChoice choice = fx != null ? inPixels(name, width, height)
                : fov != null ? new CameraChoice(Intrinsics.ofFieldOfView(fov, width, height), width, height,
                        "--fov " + CameraChoice.number(fov))
                : focalMm != null ? new CameraChoice(Intrinsics.ofLens(focalMm, sensorMm, width, height), width, height,
                        "--focal-mm " + CameraChoice.number(focalMm) + " --sensor-mm " + CameraChoice.number(sensorMm))
                : ofSet.isPresent() && sensorMm == null ? new CameraChoice(ofSet.get(), width, height, "the data set")
                : byExif(name, exif.get(), width, height);
        double seen = choice.camera().fieldOfView(width);
        if (!(seen > 0 && seen <= WIDEST)) {
            throw new FathomException(String.format(Locale.ROOT, "%s would show %.0f degrees with a camera of %s;"
                    + " focal lengths are in pixels of the photo, %d x %d, not in millimetres or parts of its width.",
                    name, seen, choice, width, height));
        }
        return choice;
    }

    private CameraChoice inPixels(String name, int width, int height) {
        int w = cameraSize == null ? width : cameraSize.width();
        int h = cameraSize == null ? height : cameraSize.height();
        if (Math.abs((double) w / h / ((double) width / height) - 1) > SAME_SHAPE) {
            throw new FathomException(name + " has " + width + " x " + height + " pixels, another shape than"
                    + " --camera-size " + w + "x" + h + ", so the camera is not known of it; expected"
                    + " the size of the whole photo, upright.");
        }
        Intrinsics middle = Intrinsics.centred(fx, w, h);
        Intrinsics camera = new Intrinsics(fx, fy == null ? fx : fy, cx == null ? middle.cx() : cx,
                cy == null ? middle.cy() : cy);
        boolean other = w != width || h != height;
        return new CameraChoice(other ? camera.scaled((double) width / w, (double) height / h) : camera, width, height,
                "--fx " + CameraChoice.number(fx) + (other ? " scaled from " + w + " x " + h : ""));
    }

    private CameraChoice byExif(String name, ExifLens lens, int width, int height) {
        String ways = "give --fov, --fx, or --focal-mm with --sensor-mm.";
        if (lens.cropped(width, height)) {
            throw new FathomException(name + " was cropped (its EXIF says " + lens.columns() + " x " + lens.rows()
                    + " pixels, it has " + width + " x " + height + "), so what EXIF says of its lens does not hold; "
                    + ways);
        }
        if (sensorMm != null) {
            if (lens.focal() == 0) {
                throw new FathomException(name + " has no focal length in its EXIF, so --sensor-mm alone does not"
                        + " say what the camera is; give --focal-mm too.");
            }
            return new CameraChoice(Intrinsics.ofLens(lens.focal(), sensorMm, width, height), width, height, "EXIF ("
                    + CameraChoice.number(lens.focal()) + " mm) and --sensor-mm " + CameraChoice.number(sensorMm));
        }
        Intrinsics camera = lens.camera(width, height).orElseThrow(() -> new FathomException(
                name + " has no known focal length ("
                + (lens.focal() == 0 ? "its EXIF says none" : "its EXIF says " + CameraChoice.number(lens.focal())
                + " mm, but not the sensor's size: --sensor-mm would do") + "), and a guess would stretch the points; "
                + ways));
        return new CameraChoice(camera, width, height, "EXIF (" + lens.words() + ")");
    }
}
