package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.FrameException.Fault;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.RawMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files of one frame of a {@code pairs} set; they need not exist, which is found when the frame is read.
 *
 * @param image the photo
 * @param depth a map in any format of {@link MapFile}
 * @param masks maps, too, any number of them
 * @param cameraFile null where there is none
 * @param camera where the list itself has its numbers, else null
 */
record PairsFrame(Path image, Path depth, List<Path> masks, Path cameraFile, Intrinsics camera) {
    /**
     * How all frames of a set are read.
     *
     * @param meaning of the depth's numbers
     * @param array of a .npz or HDF5 file, or null
     * @param holesWhereMasked whether a mask marks holes by numbers other than 0; otherwise by 0
     */
    record Rules(MapMeaning meaning, String array, boolean holesWhereMasked) {
        @Override
        public String toString() {
            return meaning + (array == null ? "" : ",array=" + array) + (holesWhereMasked ? ",masked=invalid" : "");
        }
    }

    /** Every file there is. */
    List<Path> files() {
        List<Path> files = new ArrayList<>(List.of(image, depth));
        files.addAll(masks);
        if (cameraFile != null) {
            files.add(cameraFile);
        }
        return files;
    }

    /** @throws FrameException if a file is missing or damaged, or sizes differ */
    DepthSample read(Rules rules) {
        MapMeaning.Depth map = rules.meaning.toDepth(MapFile.read(depth, rules.array));
        DepthSample sample = FrameFiles.sample(image, FrameFiles.picture(image), depth,
                new FrameFiles.Depth(map.width(), map.height(), map.metres()), intrinsics());
        masks.forEach(mask -> hide(sample, mask, rules.holesWhereMasked));
        return new DepthSample(sample.name(), sample.picture(), sample.depth(), map.repaired(), sample.camera());
    }

    private static void hide(DepthSample sample, Path file, boolean whereMasked) {
        RawMap mask = MapFile.read(file);
        if (mask.width() != sample.width() || mask.height() != sample.height()) {
            throw new FrameException(Fault.LAYOUT, "The picture " + sample.name() + " has " + sample.width() + " x "
                    + sample.height() + " pixels, its mask " + file + " " + mask.width() + " x " + mask.height()
                    + ": both must have the same size.", null);
        }
        for (int i = 0; i < mask.values().length; i++) {
            boolean masked = mask.values()[i] != 0;
            if (masked == whereMasked || Float.isNaN(mask.values()[i])) {
                sample.depth()[i] = 0;
            }
        }
    }

    private Optional<Intrinsics> intrinsics() {
        return cameraFile == null ? Optional.ofNullable(camera) : Optional.of(camera(cameraFile.toString(),
                FrameFiles.text(cameraFile)));
    }

    /**
     * A camera written as four numbers, fx fy cx cy, or as a matrix of 3 x 3 or 4 x 4, row by row.
     *
     * @param where for the refusal
     */
    static Intrinsics camera(String where, String text) {
        String[] words = text.strip().split("[\\s,;]+");
        double[] k = new double[words.length];
        try {
            for (int i = 0; i < k.length; i++) {
                k[i] = Double.parseDouble(words[i]);
            }
            int side = k.length == 9 ? 3 : 4;
            if (k.length == 4) {
                return new Intrinsics(k[0], k[1], k[2], k[3]);
            } else if (k.length == side * side && k[1] == 0 && k[side] == 0 && k[2 * side + 2] == 1) {
                return new Intrinsics(k[0], k[side + 1], k[2], k[side + 2]);
            }
        } catch (NumberFormatException e) {
            throw noCamera(where, text, e);
        } catch (FathomException e) {
            throw new FrameException(Fault.DAMAGED, where + ": " + e.getMessage(), e);
        }
        throw noCamera(where, text, null);
    }

    private static FrameException noCamera(String where, String text, Exception cause) {
        String shown = text.strip().replaceAll("\\s+", " ");
        return new FrameException(Fault.DAMAGED, "The camera in " + where + " is '"
                + (shown.length() > 80 ? shown.substring(0, 80) + "..." : shown)
                + "': expected fx fy cx cy, or a camera matrix of 3 x 3 or 4 x 4 numbers, in pixels.", cause);
    }
}
