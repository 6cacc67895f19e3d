"""The StorageClasses of the layout."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.stores import RETAINING_STORAGE_CLASS, STORAGE_CLASS, storage_classes

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, name_of

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
# Which Kubernetes still takes: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/storage/util/helpers.go
_DEFAULT_BEFORE = "storageclass.beta.kubernetes.io/is-default-class"


class StorageClasses:
    """The layout's StorageClasses have to be there as it makes them: with another one, data is not encrypted, or not kept."""

    id = "storage-classes"
    level: Level = "error"
    remedy = "apply the platform stack: make deploy"

    def applies(self, subject: Subject) -> bool:
        """The layout makes some."""
        return bool(storage_classes(subject.layout))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each has the settings of modules/storage_classes.py, and one is the default."""
        there = {name_of(one): one for one in subject.cluster.storage_classes()}
        names = storage_classes(subject.layout)
        for name in names:
            if name not in there:
                yield Finding(
                    name, "the StorageClass is not in the cluster: claims that ask for it stay pending"
                )
            else:
                yield from self._of_one(name, there[name])
        if subject.layout.storage.default_storage_class == "gp3" and STORAGE_CLASS in there:
            yield from self._default(there)

    def _of_one(self, name: str, found: Object) -> Iterator[Finding]:
        parameters = found.get("parameters") or {}
        retain = "Retain" if name == RETAINING_STORAGE_CLASS else "Delete"
        # What Kubernetes leaves out: https://kubernetes.io/docs/concepts/storage/storage-classes/
        compared = {
            "provisioner": (found.get("provisioner"), "ebs.csi.aws.com"),
            "parameters.type": (parameters.get("type"), "gp3"),
            "parameters.encrypted": (parameters.get("encrypted"), "true"),
            "reclaimPolicy": (found.get("reclaimPolicy", "Delete"), retain),
            "volumeBindingMode": (found.get("volumeBindingMode", "Immediate"), "WaitForFirstConsumer"),
        }
        other = [f"{key} is {has}, not {wanted}" for key, (has, wanted) in compared.items() if has != wanted]
        if other:
            # Nothing of a StorageClass but its labels and annotations can be changed.
            remedy = (
                f"kubectl delete storageclass {name}, which leaves volumes alone; then apply: make deploy"
            )
            yield Finding(
                name, f"the StorageClass is another one than the layout's: {'; '.join(other)}", remedy
            )

    def _default(self, there: dict[str, Object]) -> Iterator[Finding]:
        marked = {
            name: key
            for name, one in there.items()
            for key in (_DEFAULT_BEFORE, _DEFAULT)
            if (one["metadata"].get("annotations") or {}).get(key) == "true"
        }
        patch = "kubectl annotate storageclass --overwrite"
        if STORAGE_CLASS not in marked:
            problem = "the StorageClass is not marked as the default: claims that name none stay pending, or take another"
            yield Finding(STORAGE_CLASS, problem, f"{patch} {STORAGE_CLASS} {_DEFAULT}=true")
        for name, key in marked.items():
            if name != STORAGE_CLASS:
                # https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
                problem = f"the StorageClass is a default beside {STORAGE_CLASS}: claims that name none take the newer one"
                yield Finding(name, problem, f"{patch} {name} {key}=false", "warning")
