"""Tables: from a CSV file or a DataFrame to features and targets, with a record of what was done."""

from tiza.data.tables.announcements import SENTENCES as SENTENCES
from tiza.data.tables.announcements import Announcement as Announcement
from tiza.data.tables.csv_files import read_csv as read_csv
from tiza.data.tables.preparation import TablePreparation as TablePreparation
from tiza.data.tables.preparing import PreparedTable as PreparedTable
from tiza.data.tables.preparing import prepare_table as prepare_table
from tiza.data.tables.reading import read_table as read_table
from tiza.data.tables.table import Table as Table
