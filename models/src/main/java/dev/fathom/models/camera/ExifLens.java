package dev.fathom.models.camera;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Directory;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifSubIFDDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What a photo says about its lens (EXIF 2.32, section 4.6.5). Numbers that it does not say are 0.
 *
 * @param focal35 focal length in mm that shows as much on 36 x 24 mm film (tag A405)
 * @param focal of the lens itself, mm (920A)
 * @param pixelsPerMm along the sensor's rows (A20E with A210), {@code rowsPerMm} along its columns (A20F); of the photo
 *     as the camera stored it
 * @param columns of the photo as the camera stored it (A002), {@code rows} its rows (A003)
 * @param onItsSide whether what is stored has to be turned by a quarter to be seen upright (0112)
 */
public record ExifLens(double focal35, double focal, double pixelsPerMm, double rowsPerMm, int columns, int rows,
        boolean onItsSide) {
    /** A photo that says nothing. */
    public static final ExifLens SILENT = new ExifLens(0, 0, 0, 0, 0, 0, false);

    /** From this orientation on columns and rows change places. */
    private static final int FIRST_ON_ITS_SIDE = 5;
    private static final int LAST_ORIENTATION = 8;
    /** A resized photo's sides are rounded to whole pixels; more than this is a crop. */
    private static final double SAME_SHAPE = 0.01;

    /** Reads a picture file; {@link #SILENT} where it has no EXIF that can be understood. */
    public static ExifLens of(Path photo) {
        Metadata metadata;
        try {
            metadata = ImageMetadataReader.readMetadata(photo.toFile());
        } catch (ImageProcessingException | IOException | RuntimeException e) {
            return SILENT;       // whoever reads the photo hears of what is wrong with it
        }
        Directory lens = metadata.getFirstDirectoryOfType(ExifSubIFDDirectory.class);
        if (lens == null) {
            return SILENT;
        }
        double unit = switch ((int) number(lens, ExifSubIFDDirectory.TAG_FOCAL_PLANE_RESOLUTION_UNIT)) {
            case 3 -> 10;
            case 4 -> 1;
            case 5 -> 1e-3;
            default -> 25.4;
        };
        Directory first = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
        double turned = first == null ? 0 : number(first, ExifIFD0Directory.TAG_ORIENTATION);
        return new ExifLens(number(lens, ExifSubIFDDirectory.TAG_35MM_FILM_EQUIV_FOCAL_LENGTH),
                number(lens, ExifSubIFDDirectory.TAG_FOCAL_LENGTH),
                number(lens, ExifSubIFDDirectory.TAG_FOCAL_PLANE_X_RESOLUTION) / unit,
                number(lens, ExifSubIFDDirectory.TAG_FOCAL_PLANE_Y_RESOLUTION) / unit,
                (int) number(lens, ExifSubIFDDirectory.TAG_EXIF_IMAGE_WIDTH),
                (int) number(lens, ExifSubIFDDirectory.TAG_EXIF_IMAGE_HEIGHT),
                turned >= FIRST_ON_ITS_SIDE && turned <= LAST_ORIENTATION);
    }

    /** 0 unless it is there, finite and positive. */
    private static double number(Directory directory, int tag) {
        Double value = directory.getDoubleObject(tag);
        return value == null || !(value > 0) || Double.isInfinite(value) ? 0 : value;
    }

    /**
     * The camera of the photo as it is seen, of W x H pixels: by the film equivalent, which is right for any resized
     * photo, else by the lens and the sensor's pixels.
     *
     * @return empty if the photo does not say enough, or was cropped
     */
    public Optional<Intrinsics> camera(int width, int height) {
        if (cropped(width, height)) {
            return Optional.empty();
        }
        if (focal35 > 0) {
            return Optional.of(Intrinsics.ofFocal35(focal35, width, height));
        }
        if (focal == 0 || pixelsPerMm == 0 || columns == 0) {
            return Optional.empty();
        }
        double fx = focal * pixelsPerMm;
        double fy = rowsPerMm == 0 ? fx : focal * rowsPerMm;
        double now = (double) Math.max(width, height) / Math.max(columns, rows);
        double across = (turnedNow(width, height) ? fy : fx) * now;
        double down = (turnedNow(width, height) ? fx : fy) * now;
        return Optional.of(new Intrinsics(across, down, (width - 1) / 2.0, (height - 1) / 2.0));
    }

    /** Whether the photo's shape is not the one that the camera stored: then nobody knows what part is left. */
    public boolean cropped(int width, int height) {
        if (columns == 0 || rows == 0) {
            return false;
        }
        double stored = (double) Math.max(columns, rows) / Math.min(columns, rows);
        double now = (double) Math.max(width, height) / Math.min(width, height);
        return Math.abs(stored / now - 1) > SAME_SHAPE;
    }

    /** Programs that turn a photo do not always set its orientation back, nor swap the sides that it says it has. */
    private boolean turnedNow(int width, int height) {
        return columns == rows ? onItsSide : width > height != columns > rows;
    }

    /** What {@link #camera} went by, for people: {@code 26 mm on film of 36 x 24 mm}. */
    public String words() {
        return focal35 > 0 ? mm(focal35) + " on film of 36 x 24 mm"
                : mm(focal) + String.format(Locale.ROOT, ", %.1f pixels a mm of the sensor", pixelsPerMm);
    }

    /** {@code 4.25 mm}. */
    static String mm(double millimetres) {
        return String.format(Locale.ROOT, "%.2f", millimetres).replaceFirst("\\.?0+$", "") + " mm";
    }
}
