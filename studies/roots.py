"""RMSprop with the falling rate that AdaGrad has built in. Budget: five minutes of CPU."""

from studies.protocol import Race
from studies.races import TUNED

RACES = [Race("words", "rmsprop", (100, 400), TUNED["rmsprop"], batch=32, schedule="root", lines=0)]
