package dev.fathom.engine.cuda.natives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Loads JCuda and the engine's package on top of it, and answers where their native libraries are.
 *
 * <p>JCuda's classes ask {@code System.loadLibrary} first and unpack by themselves if that fails, unsafely (see
 * {@link JcudaNatives}). The one documented way to answer that call after the virtual machine has started is
 * {@link ClassLoader#findLibrary}, so these classes get a loader of their own. It takes their bytes from where the
 * application's loader finds them; everything else is the application's.
 */
public final class JcudaClassLoader extends ClassLoader {
    private static final String[] OWN = {"jcuda.", "dev.fathom.engine.cuda.jcuda."};

    static {
        registerAsParallelCapable();
    }

    private final UnaryOperator<byte[]> edit;
    private final ConcurrentHashMap<String, Path> unpacked = new ConcurrentHashMap<>();

    /**
     * @param edit changes the bytes of each native library before it is written, see {@link JcudaNatives#unpack}
     */
    public JcudaClassLoader(UnaryOperator<byte[]> edit) {
        super("jcuda", JcudaClassLoader.class.getClassLoader());
        this.edit = edit;
    }

    /** The one loader of this process for work without a device: assembling PTX. Nothing in it is edited. */
    public static JcudaClassLoader plain() {
        return Plain.LOADER;
    }

    private static final class Plain {
        static final JcudaClassLoader LOADER = new JcudaClassLoader(UnaryOperator.identity());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        for (String prefix : OWN) {
            if (name.startsWith(prefix)) {
                synchronized (getClassLoadingLock(name)) {
                    Class<?> known = findLoadedClass(name);
                    return known != null ? known : findClass(name);
                }
            }
        }
        return super.loadClass(name, resolve);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    @Override
    protected String findLibrary(String name) {
        return unpacked.computeIfAbsent(name, n -> JcudaNatives.unpack(getParent(), n, edit)).toString();
    }

    /** A new instance of a class of this loader by its constructor without parameters, as one of its interfaces. */
    public <T> T instance(String className, Class<T> as) {
        try {
            return as.cast(loadClass(className).getConstructor().newInstance());
        } catch (ReflectiveOperationException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("the class " + className + " is not there or cannot be made", e);
        }
    }
}
