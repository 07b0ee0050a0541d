# Thin aliases of dev.py, which does the work and says what each does: `make help`.
.DEFAULT_GOAL := help
PYTHON ?= python3
COMMANDS := help run test check schema bench soak lock explorer

.PHONY: $(COMMANDS)
$(COMMANDS):
	@"$(PYTHON)" dev.py $@ $(ARGS)
