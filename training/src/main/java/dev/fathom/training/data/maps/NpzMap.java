package dev.fathom.training.data.maps;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** An array of a {@code .npz} file: a ZIP archive of {@code .npy} files, as {@code numpy.savez} writes it. */
final class NpzMap {
    private static final String ENDING = ".npy";

    private NpzMap() {
    }

    /** @param array its name with or without .npy; null for the only one */
    static RawMap read(Path file, String array) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<String> names = zip.stream().map(ZipEntry::getName).filter(name -> name.endsWith(ENDING))
                    .map(name -> name.substring(0, name.length() - ENDING.length())).toList();
            String name = choose(file, names, array == null || !array.endsWith(ENDING) ? array
                    : array.substring(0, array.length() - ENDING.length()));
            try (InputStream in = zip.getInputStream(zip.getEntry(name + ENDING))) {
                return NpyArray.of(file + ", array " + name, in.readAllBytes()).map();
            }
        } catch (ZipException e) {
            throw MapFile.damaged(file, "the archive: " + e.getMessage(), e);
        } catch (IOException e) {
            // A torn member meets the end of its data, or a wrong checksum, somewhere in between.
            throw MapFile.damaged(file, e.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /** The array that is meant among those of a file. */
    static String choose(Path file, List<String> names, String array) {
        String held = names.isEmpty() ? "no array" : "the arrays " + String.join(", ", names);
        if (array != null && !names.contains(array)) {
            throw MapFile.layout(file, held, "one named '" + array + "'");
        }
        if (array == null && names.size() != 1) {
            throw MapFile.layout(file, held, names.isEmpty() ? "a map" : "to be told which one, by its name");
        }
        return array == null ? names.getFirst() : array;
    }
}
