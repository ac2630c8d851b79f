package dev.fathom.engine.cuda.natives;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.NoSuchFileException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Where to look for NVIDIA's libraries, in order: what a person named ({@code LD_LIBRARY_PATH}), what {@code fathom gpu
 * install} fetched, {@code CUDA_HOME} and {@code CUDA_PATH}, {@code /usr/local/cuda*}, the packages that pip installs
 * with PyTorch, the usual folders of Linux systems, and last whatever the system's own search knows.
 *
 * @param folders each folder with the word that says why it is looked into
 * @param systemSearch whether a bare name may go to the dynamic linker in the end
 */
public record LibraryPlaces(Map<Path, String> folders, boolean systemSearch) {
    /** The folder below the cache folder that {@code fathom gpu install} fills. */
    public static final String INSTALLED = "cuda-12.6";
    /** How a place in which only the dynamic linker knows the file is called. */
    static final String SYSTEM = "system";

    /** A library's file, or its bare name for the dynamic linker. */
    record Found(String name, String place) {
    }

    /** The places of this machine. */
    public static LibraryPlaces standard() {
        return of(System::getenv, Path.of("/"), CacheFolder.path());
    }

    /**
     * The places of a machine.
     *
     * @param environment answers null for what is not set
     * @param root what its absolute paths are below; a test's folder
     * @param cache its cache folder
     */
    public static LibraryPlaces of(UnaryOperator<String> environment, Path root, Path cache) {
        Map<Path, String> folders = new LinkedHashMap<>();
        split(environment.apply("LD_LIBRARY_PATH")).forEach(p -> folders.putIfAbsent(p, "LD_LIBRARY_PATH"));
        folders.putIfAbsent(cache.resolve(INSTALLED), "gpu install");
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            for (Path home : split(environment.apply(variable))) {
                folders.putIfAbsent(home.resolve("lib64"), variable);
                folders.putIfAbsent(home.resolve("targets/x86_64-linux/lib"), variable);
            }
        }
        for (Path toolkit : matching(root.resolve("usr/local"), "cuda*")) {
            folders.putIfAbsent(toolkit.resolve("lib64"), "CUDA toolkit");
            folders.putIfAbsent(toolkit.resolve("targets/x86_64-linux/lib"), "CUDA toolkit");
        }
        pythons(environment, root).forEach(lib -> packages(lib).forEach(p -> folders.putIfAbsent(p,
            "python packages")));
        for (String usual : List.of("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/nvidia/lib64",
            "usr/local/nvidia/lib", "usr/lib/wsl/lib", "run/opengl-driver/lib", "opt/cuda/lib64")) {
            folders.putIfAbsent(root.resolve(usual), SYSTEM);
        }
        return new LibraryPlaces(folders, root.equals(Path.of("/")));
    }

    private static List<Path> split(String value) {
        List<Path> paths = new ArrayList<>();
        if (value != null) {
            for (String part : value.split(":")) {
                if (!part.isBlank()) {
                    paths.add(Path.of(part));
                }
            }
        }
        return paths;
    }

    /**
     * The {@code lib} folders that belong to a Python: an environment's, those beside each python3 on the PATH, the
     * user's.
     */
    private static List<Path> pythons(UnaryOperator<String> environment, Path root) {
        List<Path> libs = new ArrayList<>();
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            split(environment.apply(variable)).forEach(p -> libs.add(p.resolve("lib")));
        }
        for (Path folder : split(environment.apply("PATH"))) {
            Path python = folder.resolve("python3");
            // An environment's python3 is a link to the system's: what matters is where each link of the chain lies.
            for (int links = 0; links < 8 && Files.exists(python); links++) {
                Path bin = python.toAbsolutePath().normalize().getParent();
                if (bin.getParent() != null) {
                    libs.add(bin.getParent().resolve("lib"));
                }
                if (!Files.isSymbolicLink(python)) {
                    break;
                }
                try {
                    python = bin.resolve(Files.readSymbolicLink(python));
                } catch (IOException unreadable) {
                    break;
                }
            }
        }
        split(environment.apply("HOME")).forEach(home -> libs.add(home.resolve(".local/lib")));
        libs.add(root.resolve("usr/local/lib"));
        libs.add(root.resolve("usr/lib"));
        return libs;
    }

    /** The folders {@code lib/python3.x/{site,dist}-packages/nvidia/*}{@code /lib}; newest Python first. */
    private static List<Path> packages(Path lib) {
        List<Path> found = new ArrayList<>();
        for (Path python : matching(lib, "python3*")) {
            for (String kind : List.of("site-packages", "dist-packages")) {
                for (Path nvidia : matching(python.resolve(kind + "/nvidia"), "*")) {
                    found.add(nvidia.resolve("lib"));
                }
            }
        }
        return found;
    }

    /** Entries of a folder, last name first, so that newer versions come first; none if there is no such folder. */
    private static List<Path> matching(Path folder, String glob) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
            entries.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException notThere) {
            return List.of();
        } catch (IOException e) {
            throw new dev.fathom.engine.errors.FathomException("The folder " + folder + " cannot be listed (" + e
                + "); it was searched for NVIDIA's libraries.", e);
        }
        found.sort((a, b) -> b.getFileName().toString().compareTo(a.getFileName().toString()));
        return found;
    }

    /** The first folder that holds a library of this name; the bare name where only the system's search can tell. */
    Optional<Found> find(String soname) {
        for (Map.Entry<Path, String> folder : folders.entrySet()) {
            Path file = folder.getKey().resolve(soname);
            if (Files.isRegularFile(file)) {
                return Optional.of(new Found(file.toString(), folder.getValue()));
            }
        }
        return systemSearch ? Optional.of(new Found(soname, SYSTEM)) : Optional.empty();
    }
}
