package dev.fathom.tests.memory;

import java.lang.reflect.AnnotatedElement;
import java.util.Optional;
import net.jqwik.api.lifecycle.AroundContainerHook;
import net.jqwik.api.lifecycle.ContainerLifecycleContext;
import net.jqwik.api.lifecycle.PropagationMode;

/**
 * {@link LeakCheck} around every jqwik container: registered in {@code META-INF/services}, so that no class can forget
 * it.
 */
public final class LeakHook implements AroundContainerHook {
    private final LeakCheck check = new LeakCheck();

    @Override
    public boolean appliesTo(Optional<AnnotatedElement> element) {
        return true;
    }

    @Override
    public PropagationMode propagateTo() {
        return PropagationMode.ALL_DESCENDANTS;
    }

    @Override
    public void beforeContainer(ContainerLifecycleContext context) {
        check.begin();
    }

    @Override
    public void afterContainer(ContainerLifecycleContext context) {
        check.end(context.label());
    }
}
