package dev.fathom.tools.predict;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the results of each picture are called: as the picture without its extension. Pictures that differ in their
 * extension alone keep it ({@code a.jpg} and {@code a.png} become {@code a_jpg} and {@code a_png}); whatever still
 * collides is numbered. Names are compared without upper and lower case, because some disks do so.
 */
final class ResultNames {
    private final List<String> suffixes;
    private final Set<String> taken = new HashSet<>();

    private ResultNames(List<String> suffixes) {
        this.suffixes = suffixes;
    }

    /**
     * Names for all pictures.
     *
     * @param root what results keep the structure of; null to use file names alone
     * @param suffixes of the results' names, behind their stems
     * @throws FathomException if a result would replace one of the pictures
     */
    static List<InputPictures.Input> give(Path root, List<Path> files, Path outdir, List<String> suffixes) {
        Map<String, Integer> uses = new HashMap<>();
        for (Path file : files) {
            uses.merge(key(plain(relative(root, file))), 1, Integer::sum);
        }
        ResultNames names = new ResultNames(suffixes);
        List<InputPictures.Input> inputs = new ArrayList<>();
        for (Path file : files) {
            Path relative = relative(root, file);
            Path plain = plain(relative);
            boolean alone = uses.get(key(plain)) == 1;
            inputs.add(new InputPictures.Input(file, names.take(alone ? plain : withExtension(relative))));
        }
        refuseToReplace(inputs, outdir, suffixes);
        return inputs;
    }

    /** The name, or the first numbered one of which no result's name is taken. */
    private Path take(Path wanted) {
        Path stem = wanted;
        for (int number = 2; !free(stem); number++) {
            stem = wanted.resolveSibling(wanted.getFileName() + "_" + number);
        }
        for (String suffix : suffixes) {
            taken.add(key(stem) + suffix);
        }
        return stem;
    }

    private boolean free(Path stem) {
        return suffixes.stream().noneMatch(suffix -> taken.contains(key(stem) + suffix));
    }

    private static void refuseToReplace(List<InputPictures.Input> inputs, Path outdir, List<String> suffixes) {
        Map<String, Path> pictures = new HashMap<>();
        inputs.forEach(input -> pictures.put(key(real(input.file())), input.file()));
        Path folder = real(outdir);
        for (InputPictures.Input input : inputs) {
            for (String suffix : suffixes) {
                String result = input.stem() + suffix;
                Path picture = pictures.get(key(folder.resolve(result)));
                if (picture != null) {
                    throw new FathomException("The result " + outdir.resolve(result) + " would replace the picture "
                            + picture
                            + "; choose another --outdir.");
                }
            }
        }
    }

    /** Without links, as far as the path exists. */
    static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        for (Path there = absolute; there != null; there = there.getParent()) {
            if (Files.exists(there)) {
                try {
                    return there.toRealPath().resolve(there.relativize(absolute)).normalize();
                } catch (IOException e) {
                    throw new FathomException("The path " + path + " cannot be followed (" + e.getMessage()
                            + "); check its permissions.", e);
                }
            }
        }
        return absolute;
    }

    private static String key(Path path) {
        return path.toString().toLowerCase(Locale.ROOT);
    }

    private static Path relative(Path root, Path file) {
        return root == null ? file.getFileName() : root.relativize(file);
    }

    private static Path plain(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot > 0 ? name.substring(0, dot) : name);
    }

    private static Path withExtension(Path file) {
        return file.resolveSibling(file.getFileName().toString().replace('.', '_'));
    }
}
