package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.maps.MapFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The frames of a {@code pairs} set by the names of their files: a pattern with one * for each kind of file, such as
 * {@code *.png} and {@code *_depth.npy}. Files belong together where * stands for the same text, folders included. A
 * pattern without * is a folder; where nothing stands behind *, it stands for names without their endings.
 */
final class PairsFolders {
    /** Endings of photos. */
    static final List<String> PICTURES = List.of(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif");
    private static final String CAMERAS = ".txt";

    private final Path root;
    private final Kind images;
    private final Kind depths;
    private final List<Kind> masks;
    private final Kind cameras;

    private PairsFolders(Path root, Kind images, Kind depths, List<Kind> masks, Kind cameras) {
        this.root = root;
        this.images = images;
        this.depths = depths;
        this.masks = masks;
        this.cameras = cameras;
    }

    /** The files of a pattern, by what its * stands for. */
    private static final class Kind {
        private final String pattern;
        private final String before;
        private final String behind;
        private final List<String> endings;
        private final Map<String, Path> files = new TreeMap<>();

        Kind(String key, String typed, List<String> endings) {
            this.pattern = typed.contains("*") ? typed : typed.replaceFirst("/*$", "/*");
            int star = pattern.indexOf('*');
            if (pattern.indexOf('*', star + 1) >= 0 || typed.isBlank()) {
                throw new FathomException("The data set pairs has " + key + "=" + typed
                        + ": expected a folder, or a pattern with one *, such as rgb/*.png.");
            }
            this.before = pattern.substring(0, star);
            this.behind = pattern.substring(star + 1);
            this.endings = endings;
        }

        /** What the * stands for in the path of a file; null if the file is none of this kind. */
        String stem(String below) {
            String ending = behind.isEmpty() ? endings.stream().filter(e -> below.toLowerCase(Locale.ROOT).endsWith(e))
                    .findFirst().orElse(null) : behind;
            boolean fits = ending != null && below.startsWith(before) && below.length() > before.length()
                    + ending.length() && (behind.isEmpty() || below.endsWith(behind));
            return fits ? below.substring(before.length(), below.length() - ending.length()) : null;
        }

        boolean add(String below, Path file) {
            String stem = stem(below);
            if (stem == null) {
                return false;
            }
            Path other = files.put(stem, file);
            if (other != null) {
                throw new FathomException("Both " + other + " and " + file + " fit the pattern " + pattern + " as '" + stem
                        + "': expected one, so say its ending in the pattern.");
            }
            return true;
        }

        /** The file of a picture. */
        Path of(String stem, Path image) {
            Path file = files.get(stem);
            if (file == null) {
                throw new FathomException("The picture " + image + " has no file that fits " + before + stem + (behind
                        .isEmpty() ? ".*" : behind) + ": bring it back, move the picture away, or write a list.");
            }
            return file;
        }
    }

    /** @throws FathomException if the settings are no patterns */
    static PairsFolders of(DatasetSpec spec) {
        String image = spec.setting("image").orElseThrow(() -> unsaid(spec));
        String depth = spec.setting("depth").orElseThrow(() -> unsaid(spec));
        List<Kind> masks = spec.setting("mask").map(typed -> Arrays.stream(typed.split("\\+", -1))
                .map(one -> new Kind("mask", one, MapFile.ENDINGS)).toList()).orElse(List.of());
        return new PairsFolders(spec.path(), new Kind("image", image, PICTURES), new Kind("depth", depth,
                MapFile.ENDINGS), masks, spec.setting("camera").map(typed -> new Kind("camera", typed, List.of(CAMERAS)))
                .orElse(null));
    }

    private static FathomException unsaid(DatasetSpec spec) {
        return new FathomException("The data set " + spec + " does not say where its frames are: expected list=FILE, or"
                + " image=PATTERN and depth=PATTERN, such as image=*.png,depth=*_depth.npy or image=rgb,depth=depth.");
    }

    /** In the order of the pictures' names. */
    List<PairsFrame> frames() {
        for (Path file : PairedDataset.find(root, below -> true)) {
            sort(PairedDataset.below(root, file), file);
        }
        List<PairsFrame> frames = new ArrayList<>(images.files.size());
        images.files.forEach((stem, image) -> frames.add(new PairsFrame(image, depths.of(stem, image),
                masks.stream().map(mask -> mask.of(stem, image)).toList(),
                cameras == null ? null : cameras.of(stem, image), null)));
        depths.files.forEach((stem, depth) -> {
            if (!images.files.containsKey(stem)) {
                throw new FathomException("The depth " + depth + " has no picture that fits " + images.before + stem
                        + (images.behind.isEmpty() ? ".*" : images.behind) + ": bring it back, move the depth away, or"
                        + " write a list.");
            }
        });
        return frames;
    }

    /** What is a depth, a mask or a camera is no picture, even if it fits the pictures' pattern too. */
    private void sort(String below, Path file) {
        boolean other = depths.add(below, file);
        for (Kind mask : masks) {
            other |= mask.add(below, file);
        }
        other |= cameras != null && cameras.add(below, file);
        if (!other) {
            images.add(below, file);
        }
    }
}
