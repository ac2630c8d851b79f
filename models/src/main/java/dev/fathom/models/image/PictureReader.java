package dev.fathom.models.image;

import dev.fathom.engine.errors.FathomException;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads pictures the way {@code cv2.imread} does, because that is what the networks were trained and published with:
 * EXIF orientation applied, alpha dropped without blending, gray widened to three equal channels, 16 bits reduced by
 * dropping the low byte, colour profiles ignored.
 *
 * <p>JPEG (also CMYK and YCCK), PNG, TIFF, WebP, BMP and GIF (first frame). Every failure is a sentence that names the
 * file. A file that ends too early is refused rather than shown with a gray lower half.
 */
public final class PictureReader {

    /** A side may have at most as many pixels as in OpenCV. */
    private static final int MAX_SIDE = 1 << 20;
    /** 16384 x 16384: 800 MB as bytes. */
    private static final long MAX_PIXELS = 1L << 28;

    private PictureReader() {
    }

    /** Whether the file starts like a picture of one of the formats above; false for anything unreadable. */
    public static boolean recognises(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return PictureFormat.of(in.readNBytes(PictureFormat.MAGIC_BYTES)) != PictureFormat.UNKNOWN;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Reads a picture file.
     *
     * @throws FathomException if there is no such file, or it is empty, no picture, broken or too large
     */
    public static Picture read(Path file) {
        return decode(bytes(file), file.toString());
    }

    /**
     * How many pixels a picture file claims to have, by its header alone; 0 if that cannot be read, which {@link #read}
     * will then explain.
     */
    public static long pixels(Path file) {
        try (InputStream in = Files.newInputStream(file); ImageInputStream stream = new MemoryCacheImageInputStream(in)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                return 0;
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                return (long) reader.getWidth(0) * reader.getHeight(0);
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException e) {
            // As above: decoders meet broken data with almost any exception, and whoever reads the picture hears of it.
            return 0;
        }
    }

    /**
     * Decodes a picture that is in memory.
     *
     * @param name what to call it in messages
     */
    public static Picture decode(byte[] bytes, String name) {
        PictureFormat format = format(bytes, name);
        Picture picture = withReader(bytes, name, format, reader -> {
            if (format == PictureFormat.JPEG) {
                return JpegColours.of(bytes).toPicture(reader.readRaster(0, null));
            }
            return RasterColours.toPicture(reader.read(0));
        });
        return Orientation.of(bytes).upright(picture);
    }

    /**
     * A 16-bit gray picture as stored, without reduction: depth maps are kept so.
     *
     * @param width  pixels
     * @param height pixels
     * @param values [height,width], unsigned
     */
    public record Gray16(int width, int height, short[] values) {
    }

    /**
     * Reads a 16-bit gray picture: what {@code cv2.IMREAD_UNCHANGED} gives for a depth PNG.
     *
     * @throws FathomException as {@link #read}, and if the picture is not 16-bit gray
     */
    public static Gray16 readGray16(Path file) {
        String name = file.toString();
        byte[] bytes = bytes(file);
        BufferedImage image = withReader(bytes, name, format(bytes, name), reader -> reader.read(0));
        Raster raster = image.getRaster();
        if (raster.getNumBands() != 1 || raster.getSampleModel().getSampleSize(0) != 16) {
            throw new FathomException("The picture " + name + " has " + raster.getNumBands() + " channel(s) of "
                    + raster.getSampleModel().getSampleSize(0) + " bits, but a depth picture has one of 16 bits.");
        }
        int[] samples = raster.getSamples(0, 0, raster.getWidth(), raster.getHeight(), 0, (int[]) null);
        short[] values = new short[samples.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) samples[i];
        }
        return new Gray16(raster.getWidth(), raster.getHeight(), values);
    }

    /** What to take from a reader that stands at the picture. */
    interface Decoding<T> {
        T run(ImageReader reader) throws IOException;
    }

    /** The whole file. */
    static byte[] bytes(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new FathomException("Cannot read the picture " + file + ": it is a folder.");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new FathomException("There is no picture " + file + ": check the path.", e);
        } catch (AccessDeniedException e) {
            throw new FathomException("Cannot read the picture " + file + ": no permission to read it.", e);
        } catch (IOException e) {
            throw new FathomException("Cannot read the picture " + file + ": " + e.getMessage() + ".", e);
        }
    }

    /** @throws FathomException if it is none */
    static PictureFormat format(byte[] bytes, String name) {
        if (bytes.length == 0) {
            throw new FathomException("The picture " + name + " is empty (0 bytes): copy or download it again.");
        }
        PictureFormat format = PictureFormat.of(bytes);
        if (format == PictureFormat.UNKNOWN) {
            throw new FathomException("The file " + name + " is not a picture that can be read here: expected JPEG, "
                    + "PNG, TIFF, WebP, BMP or GIF.");
        }
        return format;
    }

    /**
     * Decodes with the reader that is asked first.
     *
     * @throws FathomException for whatever is wrong with the picture
     */
    static <T> T withReader(byte[] bytes, String name, PictureFormat format, Decoding<T> decoding) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.imageIoName());
        if (!readers.hasNext()) {
            throw new FathomException("Cannot read the picture " + name + ": no " + format
                    + " decoder is on the class path.");
        }
        ImageReader reader = readers.next();
        List<String> warnings = new ArrayList<>();
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(in, false, true);
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            refuseAbsurdSize(reader.getWidth(0), reader.getHeight(0), name);
            T result = decoding.run(reader);
            if (warnings.stream().anyMatch(PictureReader::saysTruncated)) {
                throw tooShort(name, format, bytes.length, null);
            }
            return result;
        } catch (FathomException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Decoders meet broken data with almost any exception; the cause is kept for --debug.
            if (e instanceof EOFException || e.getCause() instanceof EOFException
                    || saysTruncated(String.valueOf(e.getMessage()))) {
                throw tooShort(name, format, bytes.length, e);
            }
            throw new FathomException("The picture " + name + " is broken: the " + format + " decoder stopped with \""
                    + e.getMessage() + "\"; copy or download it again.", e);
        } finally {
            reader.dispose();
        }
    }

    private static boolean saysTruncated(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        return lower.contains("premature end") || lower.contains("unexpected end") || lower.contains("truncated");
    }

    private static FathomException tooShort(String name, PictureFormat format, int length, Exception cause) {
        return new FathomException("The picture " + name + " is broken: the " + format + " data ends too early, after "
                + length + " bytes; copy or download it again.", cause);
    }

    private static void refuseAbsurdSize(int width, int height, String name) {
        if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || (long) width * height > MAX_PIXELS) {
            throw new FathomException("The picture " + name + " claims to have " + width + " x " + height
                    + " pixels: at most " + MAX_PIXELS + " pixels and " + MAX_SIDE
                    + " on a side can be read; reduce it first.");
        }
    }
}
