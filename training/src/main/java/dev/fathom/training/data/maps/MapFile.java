package dev.fathom.training.data.maps;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.models.image.GrayReader;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.FrameException.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Reads a map in any of the formats that depth, disparity and masks come in; the file's ending says which.
 *
 * <table>
 * <caption>Formats</caption>
 * <tr><td>.png</td><td>gray of up to 16 bits, as stored</td></tr>
 * <tr><td>.tif .tiff</td><td>gray: integers or float32</td></tr>
 * <tr><td>.pfm</td><td>one channel ({@code Pf}), rows from bottom to top</td></tr>
 * <tr><td>.npy .npz</td><td>[H,W] of any number NumPy has but complex ones, C or Fortran order, either byte
 * order</td></tr>
 * <tr><td>.h5 .hdf5 .mat</td><td>HDF5, [H,W]; a .mat file (MATLAB 7.3) has its axes in reverse</td></tr>
 * </table>
 *
 * <p>Axes of length 1 before or behind the two are dropped, as in [1,H,W] or [H,W,1].
 */
public final class MapFile {
    /** The endings that are read, in lower case, with their dots. */
    public static final List<String> ENDINGS = List.of(".png", ".tif", ".tiff", ".pfm", ".npy", ".npz", ".h5", ".hdf5",
            ".mat");

    private MapFile() {
    }

    /** Whether the file's ending is one of {@link #ENDINGS}. */
    public static boolean recognises(Path file) {
        return ENDINGS.contains(ending(file));
    }

    /**
     * Reads a map; of a .npz or HDF5 file its only array.
     *
     * @throws FrameException one sentence that names the file, and what is wrong with it
     */
    public static RawMap read(Path file) {
        return read(file, null);
    }

    /**
     * Reads a map.
     *
     * @param array which array of a .npz or HDF5 file ({@code group/depth}); null for its only one, and for other files
     * @throws FrameException one sentence that names the file, and what is wrong with it
     */
    public static RawMap read(Path file, String array) {
        String ending = ending(file);
        if (!ENDINGS.contains(ending)) {
            throw new FrameException(Fault.LAYOUT, "The map " + file + (ending.equals(".exr")
                    ? " is OpenEXR, which is not read here: convert it to .npy, .pfm or float32 .tif."
                    : " has an ending that is not read here: expected one of " + String.join(", ", ENDINGS) + "."), null);
        }
        if (array != null && !List.of(".npz", ".h5", ".hdf5", ".mat").contains(ending)) {
            throw new FrameException(Fault.LAYOUT, "The map " + file + " is a single one, so there is no array '" + array
                    + "' in it: leave the array's name out.", null);
        }
        if (!Files.exists(file)) {
            throw new FrameException(Fault.MISSING, "There is no map " + file
                    + ": bring it back, or check the path.", null);
        }
        try {
            return switch (ending) {
                case ".png", ".tif", ".tiff" -> gray(file);
                case ".pfm" -> PfmMap.read(file, Files.readAllBytes(file));
                case ".npy" -> NpyArray.of(file.toString(), Files.readAllBytes(file)).map();
                case ".npz" -> NpzMap.read(file, array);
                default -> Hdf5Map.read(file, array, ending.equals(".mat"));
            };
        } catch (Hdf5Exception e) {
            throw FrameException.of(file, e);
        } catch (FrameException e) {
            throw e;
        } catch (FathomException e) {
            throw new FrameException(Files.isReadable(file) ? Fault.DAMAGED : Fault.UNREADABLE, e.getMessage(), e);
        } catch (IOException e) {
            throw new FrameException(Fault.UNREADABLE, "The map " + file + " cannot be read ("
                    + e.getClass().getSimpleName() + "): check its permissions, and the disk.", e);
        }
    }

    private static RawMap gray(Path file) {
        GrayReader.Gray gray = GrayReader.read(file);
        return new RawMap(gray.width(), gray.height(), gray.values());
    }

    /** With its dot, in lower case; empty without one. */
    private static String ending(Path file) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.lastIndexOf('.') < 0 ? "" : name.substring(name.lastIndexOf('.'));
    }

    /** The file is torn, or no file of the format that its ending says. */
    static FrameException damaged(Object file, String what, Throwable cause) {
        return new FrameException(Fault.DAMAGED, "The map " + file + " is broken (" + what
                + "): make it again, or copy it again.", cause);
    }

    /** The file is whole, but holds something else than one map. */
    static FrameException layout(Object file, String holds, String expected) {
        return new FrameException(Fault.LAYOUT, "The map " + file + " holds " + holds + ": expected " + expected + ".",
                null);
    }
}
