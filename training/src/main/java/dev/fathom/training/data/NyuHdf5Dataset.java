package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.nn.hdf5.Hdf5Element;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;

/**
 * A folder of HDF5 files in the layout of the NYU Depth V2 training data, one frame a file: {@code rgb} (3,H,W) uint8
 * and {@code depth} (H,W), metres, float16, 32 or 64.
 *
 * <p>Folders below are searched too; samples are sorted by their path below the folder, so that an index means the same
 * file on every machine. Depth 0 is a hole; NaN, negative and infinite depths become holes and are counted.
 */
public final class NyuHdf5Dataset implements DepthDataset {

    private final FrameIndex index;

    private NyuHdf5Dataset(FrameIndex index) {
        this.index = index;
    }

    /**
     * Finds the files and checks the layout of the first.
     *
     * @throws FathomException if the folder does not exist or holds no {@code .h5} (or {@code .hdf5}) file, or the
     *                         first file has another layout
     */
    public static NyuHdf5Dataset open(Path folder) {
        return open(folder, 1);
    }

    /**
     * Finds the files and checks the layout of the first one that can be read.
     *
     * @param looks how many files to try; where none is a frame, the first one's failure is thrown
     * @throws FathomException if the folder does not exist or holds no {@code .h5} (or {@code .hdf5}) file, or none of
     *                         the first files is a frame
     */
    public static NyuHdf5Dataset open(Path folder, int looks) {
        NyuHdf5Dataset data = list(folder);
        data.pixelsOfFirstUsable(looks);
        return data;
    }

    /**
     * Finds the files, without looking into any.
     *
     * @throws FathomException if the folder does not exist or holds no {@code .h5} (or {@code .hdf5}) file
     */
    public static NyuHdf5Dataset list(Path folder) {
        FrameIndex index = FrameListing.of(folder);
        if (index.size() == 0) {
            throw new FathomException("The folder " + folder + " holds no .h5 file, nor do the folders below it: "
                    + "expected NYU-layout HDF5 files, one frame each.");
        }
        return new NyuHdf5Dataset(index);
    }

    /** The files, in the order of the samples; each path is made when it is asked for. */
    public List<Path> files() {
        return new AbstractList<>() {
            @Override
            public Path get(int i) {
                return index.path(i);
            }

            @Override
            public int size() {
                return index.size();
            }
        };
    }

    /** What the list of files takes, in bytes. */
    public long indexBytes() {
        return index.heldBytes();
    }

    @Override
    public int size() {
        return index.size();
    }

    @Override
    public String name(int i) {
        return index.path(i).toString();
    }

    /** Of the paths below the folder and the files' sizes as they were found: the same wherever the folder lies. */
    @Override
    public String fingerprint() {
        return ContentHash.of(index.namesAndSizes()).hex();
    }

    @Override
    public DepthSample sample(int i) {
        return read(index.path(i));
    }

    /** From the layout alone. */
    @Override
    public long pixels(int i) {
        Path file = index.path(i);
        try (Hdf5Arrays arrays = Hdf5Arrays.open(file)) {
            int[] shape = checkLayout(file, arrays);
            return (long) shape[0] * shape[1];
        } catch (Hdf5Exception e) {
            throw FrameException.of(file, e);
        }
    }

    /**
     * Reads one frame file.
     *
     * @throws FrameException naming the file and what is wrong with it
     */
    public static DepthSample read(Path file) {
        try (Hdf5Arrays arrays = Hdf5Arrays.open(file)) {
            int[] shape = checkLayout(file, arrays);
            byte[] planes = arrays.bytes("rgb");
            float[] depth = arrays.floats("depth");
            Picture picture = Picture.blank(shape[1], shape[0]);
            int pixels = picture.pixels();
            byte[] rgb = picture.rgb();
            for (int i = 0; i < pixels; i++) {
                rgb[3 * i] = planes[i];
                rgb[3 * i + 1] = planes[pixels + i];
                rgb[3 * i + 2] = planes[2 * pixels + i];
            }
            return new DepthSample(file.toString(), picture, depth, makeHoles(depth));
        } catch (Hdf5Exception e) {
            throw FrameException.of(file, e);
        }
    }

    /** Turns NaN, negative and infinite depths into holes (0) and returns how many there were. */
    public static int makeHoles(float[] depth) {
        int repaired = 0;
        for (int i = 0; i < depth.length; i++) {
            if (!(depth[i] >= 0 && depth[i] <= Float.MAX_VALUE)) {
                depth[i] = 0;
                repaired++;
            }
        }
        return repaired;
    }

    /** Returns {height, width}. */
    private static int[] checkLayout(Path file, Hdf5Arrays arrays) {
        List<String> names = arrays.names();
        if (!names.contains("rgb") || !names.contains("depth")) {
            throw layout("The file " + file + " is not a frame: expected data sets rgb and depth, but it "
                    + "has " + (names.isEmpty() ? "none" : String.join(", ", names)) + ".");
        }
        int[] rgb = arrays.shape("rgb");
        int[] depth = arrays.shape("depth");
        Hdf5Element.Kind colours = arrays.element("rgb").kind();
        if (rgb.length != 3 || rgb[0] != 3 || rgb[1] < 1 || rgb[2] < 1 || colours != Hdf5Element.Kind.U8) {
            throw layout("In the file " + file + " rgb has shape " + Arrays.toString(rgb) + " of "
                    + colours + ": expected (3, height, width) of U8.");
        }
        if (depth.length != 2 || depth[0] != rgb[1] || depth[1] != rgb[2]) {
            throw layout("In the file " + file + " depth has shape " + Arrays.toString(depth)
                    + ", but the picture is [" + rgb[1] + ", " + rgb[2]
                    + "]: both must have the same height and width.");
        }
        switch (arrays.element("depth").kind()) {
            case F16, BF16, F32, F64 -> { }
            case Hdf5Element.Kind whole -> throw layout("In the file " + file
                    + " depth holds whole numbers (" + whole + "), so their unit is unknown: "
                    + "expected floating-point metres.");
        }
        return depth;
    }

    private static FrameException layout(String sentence) {
        return new FrameException(FrameException.Fault.LAYOUT, sentence, null);
    }
}
