package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.maps.MapFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The map files of a folder, found by the names of pictures: {@code scene_3/0012.npy} belongs to {@code
 * /data/scene_3/0012.jpg}. Where several have the picture's own name, the folders above it decide, the nearest first.
 */
final class MapFiles {
    private final Path folder;
    /** Below the folder, in order of names. */
    private final List<Path> files;
    private final Map<String, List<Path>> byStem = new HashMap<>();

    private MapFiles(Path folder, List<Path> files, String suffix) {
        this.folder = folder;
        this.files = files;
        for (Path file : files) {
            String stem = stem(file.getFileName().toString());
            if (stem.endsWith(suffix)) {
                byStem.computeIfAbsent(plain(stem.substring(0, stem.length() - suffix.length())), s -> new ArrayList<>())
                        .add(file);
            }
        }
    }

    /**
     * Looks through a folder.
     *
     * @param suffix what stands between a picture's name and the ending
     * @throws FathomException if there is no map in it
     */
    static MapFiles in(Path folder, String suffix) {
        if (!Files.isDirectory(folder)) {
            throw new FathomException("There is no folder " + folder + " of predicted maps; check --predictions.");
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> files = all.filter(MapFile::recognises).filter(Files::isRegularFile).map(folder::relativize)
                    .filter(f -> stem(f.getFileName().toString()).endsWith(suffix))
                    .sorted(Comparator.comparing(Path::toString)).toList();
            if (files.isEmpty()) {
                throw new FathomException(folder + " holds no predicted maps" + (suffix.isEmpty() ? ""
                        : " whose names end in " + suffix) + "; expected files ending in " + String.join(", ",
                        MapFile.ENDINGS) + ".");
            }
            return new MapFiles(folder, files, suffix);
        } catch (IOException e) {
            throw new FathomException(folder + " cannot be searched for predicted maps (" + e + "); check --predictions.", e);
        }
    }

    /** All of them, below the folder. */
    List<Path> all() {
        return files;
    }

    /** The k-th in the order of names. */
    Path at(int k) {
        return folder.resolve(files.get(k));
    }

    /**
     * The map of a picture.
     *
     * @throws FathomException if two could be it
     */
    Optional<Path> of(String picture) {
        // A frame of a file that holds many is called by its number: nyu_depth_v2_labeled.mat#12.
        int number = picture.lastIndexOf('#');
        Path path = Path.of(number < 0 ? picture : picture.substring(number + 1));
        List<Path> same = byStem.getOrDefault(plain(stem(path.getFileName().toString())), List.of());
        int best = same.stream().mapToInt(file -> common(file, path)).max().orElse(0);
        List<Path> nearest = same.stream().filter(file -> common(file, path) == best).toList();
        if (nearest.size() > 1) {
            throw new FathomException("The prediction for " + picture + " could be " + folder.resolve(nearest.get(0)) + " or "
                    + folder.resolve(nearest.get(1)) + "; keep one, or name it by suffix=.");
        }
        return nearest.stream().findFirst().map(folder::resolve);
    }

    /** How many folders above the file, from the nearest on, are called alike. */
    private static int common(Path file, Path picture) {
        int most = Math.min(file.getNameCount(), picture.getNameCount()) - 1;
        int common = 0;
        while (common < most && file.getName(file.getNameCount() - 2 - common).equals(
                picture.getName(picture.getNameCount() - 2 - common))) {
            common++;
        }
        return common;
    }

    private static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }

    /** Numbers are the same with and without zeros in front. */
    private static String plain(String stem) {
        return stem.matches("0+\\d+") ? stem.replaceFirst("^0+(?=\\d)", "") : stem;
    }
}
